// A text as one vector: the mean of some of its hidden states after the final norm.

/** Which hidden states: of all tokens, of the first ("cls": what BERT calls the token there), or of the last. */
export type Pooling = "mean" | "cls" | "last";

/** Positions that are read of a text of `length` tokens, ascending. */
export function pooledPositions(pooling: Pooling, length: number): number[] {
  switch (pooling) {
    case "mean":
      return Array.from({ length }, (_, position) => position);
    case "cls":
      return [0];
    case "last":
      return [length - 1];
  }
}

/** A mean that takes rows as they come and keeps none of them. */
export interface RunningMean {
  /** @param row [dim] */
  add(row: Float32Array): void;
  /** @returns [dim]; of a single row its own bits */
  value(): Float32Array;
}

/** Sums are float64, row by row: the same bits in whatever pieces the rows come. */
export function createRunningMean(dim: number): RunningMean {
  const sums = new Float64Array(dim);
  let rows = 0;
  return {
    add(row) {
      for (let i = 0; i < dim; i++) sums[i] += row[i];
      rows++;
    },
    value: () => Float32Array.from(sums, (sum) => sum / rows),
  };
}
