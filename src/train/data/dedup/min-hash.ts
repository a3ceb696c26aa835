// Near-duplicates by MinHash (Broder 1997, "On the resemblance and containment of documents") and bands (Leskovec, Rajaraman & Ullman, "Mining of
// massive datasets", section 3.4).
//
// A document is the set of its shingles, three words in a row: with longer ones a few changed words in a hundred take too many with them (one word
// in 25 leaves a resemblance of 0.79 with three words, of 0.69 with five), shorter ones are shared by texts that are not alike; words, not characters,
// for there are five times fewer. The least hashes of two documents agree with the probability that is their resemblance s, so a band of six agrees
// with s^6, and one at least of 20 with 1 - (1 - s^6)^20: 0.998 at 0.8, 0.27 at 0.5, 0.0002 at 0.15. Whoever shares a band is a candidate, and
// then the sets themselves are compared, so nothing is dropped by chance.
import { createRng } from "../../../tensor/rng.ts";
import { mixHash } from "./hash.ts";

export const bands = 20;
const rowsOfBand = 6;
const shingleWords = 3;

const hashCount = bands * rowsOfBand;
const seeds = new Uint32Array(hashCount);
const factors = new Uint32Array(hashCount);
const rng = createRng(1997);
for (let i = 0; i < hashCount; i++) {
  seeds[i] = rng.integer(2 ** 32);
  factors[i] = rng.integer(2 ** 32) | 1;
}

/** One hash for each place where a shingle begins; of fewer words than a shingle has, one of all. @param words hashes of words */
export function shinglesOf(words: Uint32Array): Uint32Array {
  const shingles = new Uint32Array(Math.max(Math.min(words.length, 1), words.length - shingleWords + 1));
  for (let i = 0; i < shingles.length; i++) {
    let hash = 0;
    for (let j = i; j < Math.min(words.length, i + shingleWords); j++) hash = Math.imul(hash ^ words[j], 0x9e3779b1) ^ (hash >>> 13);
    shingles[i] = mixHash(hash);
  }
  return shingles;
}

/** The keys of a document's bands: [bands, 2]. Documents with one equal key may be alike. */
export function bandKeys(shingles: Uint32Array): Uint32Array {
  const keys = new Uint32Array(2 * bands);
  for (let band = 0; band < bands; band++) {
    let [a, b] = [0x2545f491, 0x8f1bbcdc];
    for (let row = band * rowsOfBand; row < (band + 1) * rowsOfBand; row++) {
      const least = leastHash(shingles, seeds[row], factors[row]);
      a = mixHash(Math.imul(a, 31) ^ least);
      b = mixHash(Math.imul(b, 0x01000193) + least);
    }
    keys[2 * band] = a;
    keys[2 * band + 1] = b;
  }
  return keys;
}

function leastHash(shingles: Uint32Array, seed: number, factor: number): number {
  let least = 0xffffffff;
  for (let i = 0; i < shingles.length; i++) {
    const hash = Math.imul(shingles[i] ^ seed, factor) >>> 0;
    if (hash < least) least = hash;
  }
  return least;
}

/** The different shingles, sorted. */
export function shingleSet(shingles: Uint32Array): Uint32Array {
  const sorted = shingles.slice().sort();
  let count = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[count++] = sorted[i];
  return sorted.subarray(0, count);
}

/** The resemblance of two sets (Jaccard 1901): what they share, of what either has. @param a, b sorted, without repeats */
export function resemblance(a: Uint32Array, b: Uint32Array): number {
  let shared = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      shared++;
      i++;
      j++;
    } else if (a[i] < b[j]) i++;
    else j++;
  }
  const either = a.length + b.length - shared;
  return either === 0 ? 1 : shared / either;
}
