// ALiBi (Press 2022): how steeply each head's scores fall with distance.
import type { AlibiPositions } from "./config.ts";

/**
 * 2^(-maxBias i / n) for heads i = 1..n when n is a power of two; otherwise the slopes of the next lower power, then every second one of the
 * next higher. The paper has a maxBias of 8.
 */
export function alibiSlopes(nHeads: number, { maxBias = 8, slopeScale = 1 }: Omit<AlibiPositions, "kind"> = {}): number[] {
  const geometric = (n: number): number[] => Array.from({ length: n }, (_, i) => 2 ** ((-maxBias * (i + 1)) / n));
  const power = 2 ** Math.floor(Math.log2(nHeads));
  const between = geometric(2 * power).filter((_, i) => i % 2 === 0);
  return [...geometric(power), ...between].slice(0, nHeads).map((slope) => slope * slopeScale);
}
