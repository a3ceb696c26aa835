// The one source of the random numbers on which results depend: a seeded generator that is always an argument, never global.
// (Salts of hash tables are drawn elsewhere, unseeded: nothing that is computed depends on them, and nobody shall foresee them.)
// sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, integer operations only, so every platform draws the same numbers.

/** A stream of random numbers; the same seed gives the same stream everywhere. */
export interface Rng {
  /** Uniform in [0, 1), with 53 random bits. */
  uniform(): number;
  /** Standard normal (Box and Muller 1958). */
  normal(): number;
  /** Uniform integer in [0, n), n up to 2^32. */
  integer(n: number): number;
  /** The complete state: `restore` continues the stream from there. */
  state(): number[];
}

/** @param seed any integer; of what is below 0 or above, its lowest 64 bits count */
export function createRng(seed: number): Rng {
  // The three constants only keep the state away from zero; the counter starts at 1 and the first outputs are thrown away, as the author advises.
  const rng = restoreRng([seed >>> 0, 0x9e3779b9 ^ Math.floor(seed / 2 ** 32), 0x243f6a88, 1]);
  for (let i = 0; i < 15; i++) rng.integer(1);
  return rng;
}

/** Continues the stream whose {@link Rng.state} was taken earlier. */
export function restoreRng(state: readonly number[]): Rng {
  let [a, b, c, counter] = state;

  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  const uniform = (): number => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;

  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    integer: (n) => Math.floor((next() / 2 ** 32) * n),
    state: () => [a >>> 0, b >>> 0, c >>> 0, counter >>> 0],
  };
}
