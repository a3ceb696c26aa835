// The complementary error function, for the exact gelu. AssemblyScript compiles this file, too: what the judge and the kernels call is one function.

/**
 * Accurate to about 1e-15 relative: the power series of erf near zero (Abramowitz & Stegun 7.1.6), the continued fraction of erfc away from it
 * (7.1.14, evaluated from its far end).
 */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x > 27) return 0; // below the smallest double
  const gauss = Math.exp(-x * x);
  if (x < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * gauss * sum;
  }
  let fraction = x;
  for (let k = 60; k > 0; k--) fraction = x + (0.5 * k) / fraction;
  return gauss / (Math.sqrt(Math.PI) * fraction);
}
