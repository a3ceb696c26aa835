// What the wasm backend makes of activations, and of keys and values in q8_0: in runs of 32, codes from -127 to 127 and a scale in float32 (that of Q8_0
// is a half). The same roundings in the same order, so that nothing but this is between its numbers and those of a judge.

const { abs, fround } = Math;

/** @returns the values that the codes stand for; the last run may be shorter */
export function roundToBytes(values: ArrayLike<number>): Float64Array {
  const out = Float64Array.from(values);
  for (let from = 0; from < out.length; from += 32) {
    const run = out.subarray(from, from + 32);
    const largest = run.reduce((most, value) => Math.max(most, abs(value)), 0);
    const inverse = fround(127 / largest);
    const scale = fround(largest / 127);
    run.forEach((value, i) => {
      run[i] = nearest(fround(value * inverse)) * scale;
    });
  }
  return out;
}

/** To the even one of two that are as near. */
function nearest(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}
