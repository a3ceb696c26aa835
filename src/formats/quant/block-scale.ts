// What the quantisers ask of a block before they choose its scale. All arithmetic rounds to float32 step by step, as ggml's C does,
// because the bytes must come out the same.

/** The value with the largest magnitude, with its sign; of equals the first. */
export function peak(values: Float32Array, from: number, length: number): number {
  let found = 0;
  for (let i = from; i < from + length; i++) if (Math.abs(values[i]) > Math.abs(found)) found = values[i];
  return found;
}

/** Smallest value of a block of 32, and the step that reaches its largest value in `steps`. */
export function range(values: Float32Array, from: number, steps: number): { lowest: number; scale: number } {
  let lowest = values[from];
  let highest = lowest;
  for (let i = from + 1; i < from + 32; i++) {
    if (values[i] < lowest) lowest = values[i];
    if (values[i] > highest) highest = values[i];
  }
  return { lowest, scale: Math.fround(Math.fround(highest - lowest) / steps) };
}

/** 1 / scale in float32; 0 for a scale of 0, which makes every code of the block the one for zero. */
export function inverse(scale: number): number {
  return scale === 0 ? 0 : Math.fround(1 / scale);
}

/** Nearest integer, ties away from zero (C's roundf, where Math.round sends -0.5 to 0). */
export function roundAway(x: number): number {
  return Math.sign(x) * Math.round(Math.abs(x));
}
