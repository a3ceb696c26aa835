// A curve of any length in a bounded number of points. Points are gathered in buckets of equal size; when there are too many buckets, each two
// neighbours become one and the size doubles. A bucket keeps the mean and both extremes, so that a spike stays visible.

/** About what a wide screen has pixels for. */
export const MOST_POINTS = 2000;

interface Bucket {
  points: number;
  firstStep: number;
  /** Of the last point: */
  step: number;
  tokens: number;
  seconds: number;
  /** By metric. What is not finite is not counted. */
  readonly sums: number[];
  readonly counts: number[];
  readonly lows: number[];
  readonly highs: number[];
}

/** Where a point of a curve lies. */
export interface Place {
  readonly step: number;
  readonly tokens: number;
  /** Of training, those of earlier processes added. */
  readonly seconds: number;
}

/** Columns of equal length; null where nothing finite was measured. */
export interface CurveData<M extends string = string> {
  readonly step: readonly number[];
  readonly tokens: readonly (number | null)[];
  readonly seconds: readonly (number | null)[];
  readonly metrics: Readonly<Record<M, Measured>>;
}

export interface Measured {
  readonly mean: readonly (number | null)[];
  /** Extremes of what the mean is made of; left out where each point is a single one. */
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
}

export interface Curve<M extends string> {
  /** Steps must not fall: cut back first. */
  add(place: Place, values: Readonly<Record<M, number>>): void;
  /**
   * Forgets what came after `step`: a run that goes on from a checkpoint makes those steps again. A bucket in which `step` lies stays as it is, and its
   * mean is that of all that was measured there.
   */
  cutBack(step: number): void;
  /** The last place, undefined before the first point. */
  last(): Place | undefined;
  data(): CurveData<M>;
}

export function createCurve<M extends string>(metrics: readonly M[]): Curve<M> {
  let size = 1;
  let buckets: Bucket[] = [];

  return {
    add({ step, tokens, seconds }, values) {
      let bucket = buckets.at(-1);
      if (!bucket || bucket.points >= size) {
        if (buckets.length === MOST_POINTS) {
          buckets = pairwise(buckets);
          size *= 2;
        }
        bucket = emptyBucket(step, metrics.length);
        buckets.push(bucket);
      }
      bucket.points++;
      Object.assign(bucket, { step, tokens, seconds });
      for (const [i, metric] of metrics.entries()) addValue(bucket, i, values[metric]);
    },
    cutBack(step) {
      while (buckets.length > 0 && buckets[buckets.length - 1].firstStep > step) buckets.pop();
      const bucket = buckets.at(-1);
      if (bucket && bucket.step > step) bucket.step = step;
    },
    last: () => buckets.at(-1),
    data: () => ({
      step: buckets.map(({ step }) => step),
      tokens: buckets.map(({ tokens }) => finite(tokens)),
      seconds: buckets.map(({ seconds }) => rounded(seconds)),
      metrics: Object.fromEntries(metrics.map((metric, i) => [metric, measured(buckets, i, size > 1)])) as Record<M, Measured>,
    }),
  };
}

function emptyBucket(step: number, metrics: number): Bucket {
  const each = (value: number): number[] => new Array<number>(metrics).fill(value);
  return {
    ...{ points: 0, firstStep: step, step, tokens: 0, seconds: 0 },
    ...{ sums: each(0), counts: each(0), lows: each(Number.POSITIVE_INFINITY), highs: each(Number.NEGATIVE_INFINITY) },
  };
}

function addValue({ sums, counts, lows, highs }: Bucket, i: number, value: number): void {
  if (!Number.isFinite(value)) return;
  sums[i] += value;
  counts[i]++;
  lows[i] = Math.min(lows[i], value);
  highs[i] = Math.max(highs[i], value);
}

function pairwise(buckets: readonly Bucket[]): Bucket[] {
  const pairs: Bucket[] = [];
  for (let i = 0; i < buckets.length; i += 2) {
    const [a, b] = [buckets[i], buckets[i + 1]];
    if (!b) pairs.push(a);
    else {
      pairs.push({
        ...b,
        points: a.points + b.points,
        firstStep: a.firstStep,
        sums: a.sums.map((sum, k) => sum + b.sums[k]),
        counts: a.counts.map((count, k) => count + b.counts[k]),
        lows: a.lows.map((low, k) => Math.min(low, b.lows[k])),
        highs: a.highs.map((high, k) => Math.max(high, b.highs[k])),
      });
    }
  }
  return pairs;
}

function measured(buckets: readonly Bucket[], i: number, extremes: boolean): Measured {
  return {
    mean: buckets.map(({ sums, counts }) => rounded(sums[i] / counts[i])),
    ...(extremes && { low: buckets.map(({ lows }) => rounded(lows[i])), high: buckets.map(({ highs }) => rounded(highs[i])) }),
  };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** To six digits: more than a plot shows, and a third of the bytes. */
function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
}
