// The tokens that may still come next, and how the likeliest of them are found: so many, or so much probability together.
// Nothing here sorts a vocabulary of 256 thousand: it would take longer than a small model's next token.

/** Logits as the model gives them, or changed. They may be -Infinity, never NaN or +Infinity. */
export type Row = Float32Array | Float64Array;

/** Tokens still in play: ids ascending, each with its logit. */
export interface Candidates {
  readonly ids: Int32Array;
  readonly logits: Row;
}

/** Every token of a row of logits. The row is kept, not copied. */
export function everyToken(logits: Row): Candidates {
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
export function maximum(values: Row): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if (values[i] > max) max = values[i];
  return max;
}

/** Probabilities of logits: non-negative, summing to 1. */
export function softmax(logits: Row): Float64Array {
  const max = maximum(logits);
  const p = new Float64Array(logits.length);
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += p[i] = Math.exp(logits[i] - max);
  for (let i = 0; i < p.length; i++) p[i] /= sum;
  return p;
}

/**
 * The positions of the `count` largest keys, ascending. Of equal keys the earlier goes first.
 *
 * One look at each key: a heap holds the largest so far with the first to go on top, and few of many keys ever get into it.
 */
export function largest(keys: Row, count: number): Int32Array {
  const heap = new Int32Array(Math.min(count, keys.length));
  const size = heap.length;
  const goesBefore = (a: number, b: number): boolean => keys[a] < keys[b] || (keys[a] === keys[b] && a > b);
  /** Puts a position where it belongs, from `at` down. */
  const sink = (position: number, at: number): void => {
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < size && goesBefore(heap[child + 1], heap[child])) child++;
      if (child >= size || !goesBefore(heap[child], position)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = position;
  };

  for (let i = 0; i < size; i++) heap[i] = i;
  for (let at = (size >> 1) - 1; at >= 0; at--) sink(heap[at], at);
  for (let i = size, floor = keys[heap[0]]; i < keys.length; i++) {
    if (!(keys[i] > floor)) continue;
    sink(i, 0);
    floor = keys[heap[0]];
  }
  return heap.sort();
}

// A nat of difference is e times the probability, so 64 buckets a nat hold few keys each, and 2,048 of them reach 32 nats down (1e-14).
const bucketsPerUnit = 64;
const bucketCount = 2048;

/**
 * The positions of the largest keys, as few as give `target` mass; at least one, all of them when they have less. Of equal keys the earlier goes first.
 * Keys are thrown into buckets, and only those in the bucket of the cut are compared.
 *
 * @param masses what each position weighs
 * @returns      positions, ascending
 */
export function heaviest(keys: Row, target: number, masses: Float64Array): Int32Array {
  const max = maximum(keys);
  const bucketOf = (key: number): number => (key === max ? 0 : Math.min(Math.floor((max - key) * bucketsPerUnit), bucketCount - 1));

  const bucketMass = new Float64Array(bucketCount);
  for (let i = 0; i < keys.length; i++) bucketMass[bucketOf(keys[i])] += masses[i];
  let border = 0; // the bucket in which the mass is reached
  let mass = 0; // of the buckets before it, which are kept whole
  while (mass + bucketMass[border] < target && border < bucketCount - 1) mass += bucketMass[border++];

  const atBorder: number[] = [];
  for (let i = 0; i < keys.length; i++) if (bucketOf(keys[i]) === border) atBorder.push(i);
  atBorder.sort((a, b) => keys[b] - keys[a] || a - b);
  let last = 0; // the first position at the border with which the mass is reached
  for (; last < atBorder.length - 1; last++) {
    mass += masses[atBorder[last]];
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
