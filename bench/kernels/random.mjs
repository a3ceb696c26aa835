// Random numbers that are the same in every process.

/** Xorshift (Marsaglia 2003). @returns whole numbers from 0 to n - 1 */
export function randomIntegers(seed) {
  let state = seed;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}
