// What the IQ formats of ggml share: a few values at once are one row of a code book, and their signs are bits beside it.
// The rows stand in codebooks.ts.

/** Rows of `width` small integers, one after the other. */
export interface Grid {
  readonly width: number;
  readonly entries: Int8Array;
}

/** Writes row `row` times `scale` from `at` on; value j is negative where bit j of `signs` is set. */
export function placeRow(out: Float32Array, at: number, grid: Grid, row: number, scale: number, signs: number): void {
  const { width, entries } = grid;
  for (let j = 0; j < width; j++) {
    const value = scale * entries[row * width + j];
    out[at + j] = (signs >> j) & 1 ? -value : value;
  }
}

/** Eight signs stored in seven bits: the eighth makes the number of minus signs even. */
export function evenSigns(sevenBits: number): number {
  let parity = sevenBits ^ (sevenBits >> 4);
  parity ^= parity >> 2;
  parity ^= parity >> 1;
  return sevenBits | ((parity & 1) << 7);
}
