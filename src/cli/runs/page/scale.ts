// From values to places in a plot, and back; and the values at which a line with a label is worth its ink.

export interface Scale {
  /** NaN for what has no place: 0 and below on a logarithmic scale. */
  place(value: number): number;
  value(place: number): number;
  readonly ticks: readonly number[];
}

export interface ScaleOptions {
  /** Where the first and the last value of the domain are placed. */
  readonly range: readonly [number, number];
  readonly log: boolean;
  /** About how many ticks. */
  readonly ticks: number;
}

/** @param domain two different values, the smaller one first; both above 0 for a logarithmic scale */
export function createScale([low, high]: readonly [number, number], { range: [from, to], log, ticks }: ScaleOptions): Scale {
  const map = log ? Math.log : (value: number): number => value;
  const back = log ? Math.exp : (value: number): number => value;
  const [first, last] = [map(low), map(high)];
  return {
    place: (value) => (log && value <= 0 ? Number.NaN : from + ((map(value) - first) / (last - first)) * (to - from)),
    value: (place) => back(first + ((place - from) / (to - from)) * (last - first)),
    ticks: log ? logTicks(low, high, ticks) : linearTicks(low, high, ticks),
  };
}

/** Multiples of 1, 2 or 5 times a power of ten. */
function linearTicks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const ticks: number[] = [];
  // Multiplied, not added up: 0.1 + 0.2 is no label.
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** Powers of ten, with what is between them where there are few; within one power as on a linear scale. */
function logTicks(low: number, high: number, count: number): number[] {
  const powers = Math.log10(high / low);
  if (powers < 1) return linearTicks(low, high, count);
  const factors = powers < count / 3 ? [1, 2, 5] : powers < count / 2 ? [1, 3] : [1];
  const every = Math.ceil(powers / count);
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    if (power % every !== 0) continue;
    for (const factor of factors) ticks.push(Number((factor * 10 ** power).toPrecision(12)));
  }
  return ticks.filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
}
