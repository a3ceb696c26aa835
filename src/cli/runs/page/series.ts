// From the curves of runs to the lines of a plot: which values stand over what, and how they are smoothed.
import type { CurveData, Measured } from "../../../train/runs/curve.ts";
import type { TrainMetric } from "../../../train/runs/run.ts";
import type { RunReport } from "../../../train/runs/run-report.ts";
import { precise, scientific } from "./words.ts";

export interface Series {
  readonly name: string;
  /** Of the run's colour. */
  readonly colour: number;
  readonly kind: "train" | "validation";
  readonly x: readonly number[];
  /** NaN where there is no value. */
  readonly y: readonly number[];
  /** What was measured, where y is smoothed or the mean of several. */
  readonly low: readonly number[];
  readonly high: readonly number[];
}

export interface MetricTraits {
  readonly title: string;
  readonly show: (value: number) => string;
  /** It is measured with noise. */
  readonly smoothed: boolean;
  /** The axis begins at 0, so that heights can be compared. */
  readonly fromZero: boolean;
}

export const metrics: Readonly<Record<TrainMetric, MetricTraits>> = {
  loss: { title: "Loss", show: precise, smoothed: true, fromZero: false },
  bitsPerByte: { title: "Bits per byte", show: precise, smoothed: true, fromZero: false },
  learningRate: { title: "Learning rate", show: scientific, smoothed: false, fromZero: true },
  gradientNorm: { title: "Gradient norm", show: precise, smoothed: true, fromZero: true },
  tokensPerSecond: { title: "Tokens per second", show: precise, smoothed: true, fromZero: true },
};

/** What the plots stand over. */
export type Over = "tokens" | "step" | "seconds";

export interface SeriesOptions {
  readonly over: Over;
  /** From 0, as measured, to 1. */
  readonly smoothing: number;
}

export interface ColouredRun {
  readonly report: RunReport;
  readonly colour: number;
}

export function seriesOf(runs: readonly ColouredRun[], metric: TrainMetric, { over, smoothing }: SeriesOptions): Series[] {
  const amount = metrics[metric].smoothed ? smoothing : 0;
  return runs.flatMap(({ report: { name, train, validation }, colour }) => {
    const trained: Series = { name, colour, kind: "train", ...lineOf(train, train.metrics[metric], over, amount) };
    if (metric !== "loss" && metric !== "bitsPerByte") return [trained];
    return [trained, { name, colour, kind: "validation", ...lineOf(validation, validation.metrics[metric], over, 0) }];
  });
}

function lineOf(curve: CurveData, { mean, low, high }: Measured, over: Over, smoothing: number): Pick<Series, "x" | "y" | "low" | "high"> {
  const x = numbers(curve[over]);
  const y = numbers(mean);
  return { x, y: smooth(y, smoothing), low: low ? numbers(low) : y, high: high ? numbers(high) : y };
}

/**
 * The mean of the values around each, twice. As many before as after: a mean of what came before would show a falling curve too high. At the start the window is
 * as wide as there is room for, at the end it has only the past.
 *
 * @param amount from 0 to 1: a window of a tenth of the curve to both sides
 */
export function smooth(values: readonly number[], amount: number): readonly number[] {
  const reach = Math.round(amount ** 2 * 0.1 * values.length);
  return reach === 0 ? values : means(means(values, reach), reach);
}

/** What is not measured is not counted. */
function means(values: readonly number[], reach: number): number[] {
  const sums = [0];
  const counts = [0];
  for (const [i, value] of values.entries()) {
    sums.push(sums[i] + (Number.isNaN(value) ? 0 : value));
    counts.push(counts[i] + (Number.isNaN(value) ? 0 : 1));
  }
  return values.map((value, i) => {
    const [from, to] = [i - Math.min(reach, i), Math.min(values.length, i + Math.min(reach, i) + 1)];
    return Number.isNaN(value) ? value : (sums[to] - sums[from]) / (counts[to] - counts[from]);
  });
}

function numbers(values: readonly (number | null)[]): number[] {
  return values.map((value) => value ?? Number.NaN);
}

/** The place of the last point at or before x, -1 before the first. */
export function indexAt(x: readonly number[], at: number): number {
  let [low, high] = [0, x.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
