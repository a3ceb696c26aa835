// The tokens that may still come next, and the one selection that top-k, top-p, typical sampling and the lists of alternatives share.
// Nothing here sorts a vocabulary: 256 thousand keys are thrown into buckets, and only those in the bucket of the cut are compared.

/** Tokens still in play: ids ascending, each with its logit. Logits may be -Infinity, never NaN or +Infinity. */
export interface Candidates {
  readonly ids: Int32Array;
  readonly logits: Float64Array;
}

/** Every token of a row of logits. The row is kept, not copied. */
export function everyToken(logits: Float64Array): Candidates {
  const ids = new Int32Array(logits.length); // filled by a loop: Int32Array.from(logits.keys()) takes 10 ms for 128 thousand
  for (let i = 0; i < ids.length; i++) ids[i] = i;
  return { ids, logits };
}

/** The candidates at the given positions. */
export function pick({ ids, logits }: Candidates, positions: Int32Array): Candidates {
  const picked = { ids: new Int32Array(positions.length), logits: new Float64Array(positions.length) };
  for (let i = 0; i < positions.length; i++) {
    picked.ids[i] = ids[positions[i]];
    picked.logits[i] = logits[positions[i]];
  }
  return picked;
}

/** Largest value; -Infinity for none. */
export function maximum(values: Float64Array): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if (values[i] > max) max = values[i];
  return max;
}

/** Probabilities of logits: non-negative, summing to 1. */
export function softmax(logits: Float64Array): Float64Array {
  const max = maximum(logits);
  const p = new Float64Array(logits.length);
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += p[i] = Math.exp(logits[i] - max);
  for (let i = 0; i < p.length; i++) p[i] /= sum;
  return p;
}

// A nat of difference is e times the probability, so 64 buckets a nat hold few keys each, and 2,048 of them reach 32 nats down (1e-14).
const bucketsPerUnit = 64;
const bucketCount = 2048;

/**
 * The positions of the largest keys, as few as give `target` mass; at least one, all of them when they have less. Of equal keys the earlier goes first.
 * @param masses what each position weighs; 1 each when absent, so that `target` is a count
 * @returns      positions, ascending
 */
export function largest(keys: Float64Array, target: number, masses?: Float64Array): Int32Array {
  const max = maximum(keys);
  const bucketOf = (key: number): number => (key === max ? 0 : Math.min(Math.floor((max - key) * bucketsPerUnit), bucketCount - 1));
  const massOf = (i: number): number => (masses ? masses[i] : 1);

  const bucketMass = new Float64Array(bucketCount);
  for (let i = 0; i < keys.length; i++) bucketMass[bucketOf(keys[i])] += massOf(i);
  let border = 0; // the bucket in which the mass is reached
  let mass = 0; // of the buckets before it, which are kept whole
  while (mass + bucketMass[border] < target && border < bucketCount - 1) mass += bucketMass[border++];

  const atBorder: number[] = [];
  for (let i = 0; i < keys.length; i++) if (bucketOf(keys[i]) === border) atBorder.push(i);
  atBorder.sort((a, b) => keys[b] - keys[a] || a - b);
  let last = 0; // the first position at the border with which the mass is reached
  for (; last < atBorder.length - 1; last++) {
    mass += massOf(atBorder[last]);
    if (mass >= target) break;
  }
  // No position stands in the last bucket, and rounding kept the mass below a target of all: nothing is cut.
  const cut = atBorder[last] ?? keys.length;
  const floor = keys[cut] ?? Number.NEGATIVE_INFINITY;

  const positions = new Int32Array(keys.length);
  let count = 0;
  for (let i = 0; i < keys.length; i++) if (keys[i] > floor || (keys[i] === floor && i <= cut)) positions[count++] = i;
  return positions.subarray(0, count);
}
