// The suite that every backend is put through: each op, forward and backward, within rounding of the reference; and what a token gets,
// equal bit for bit however it was batched (one order of summation). Plain functions: for tests, for a self-test at start, for browsers.
import { InternalError, UnsupportedError, UsageError } from "../errors.ts";
import { attentionCases } from "./conformance/attention-cases.ts";
import type { ConformanceCase } from "./conformance/case.ts";
import { matrixCases } from "./conformance/matrix-cases.ts";
import { pagedCases } from "./conformance/paged-cases.ts";
import { rowCases } from "./conformance/row-cases.ts";
import { rowInvarianceCases } from "./conformance/row-invariance-cases.ts";
import { trainingCases } from "./conformance/training-cases.ts";
import type { Ops, Tensor, Weight } from "./ops.ts";

export type { ConformanceCase, OpName } from "./conformance/case.ts";

export const conformanceCases: readonly ConformanceCase[] = [
  ...matrixCases,
  ...rowCases,
  ...attentionCases,
  ...rowInvarianceCases,
  ...pagedCases,
  ...trainingCases,
];

export interface ConformanceOptions {
  /** Which cases to run; all by default. */
  cases?: readonly ConformanceCase[];
  /** Cases that are known not to hold, with the reason that the result shows. */
  skip?: readonly { case: string; reason: string }[];
  /** Names of cases that the backend must support: an `UnsupportedError` in them is a failure. In others it is a skip. */
  required?: readonly string[];
}

export interface ConformanceResult {
  name: string;
  outcome: "pass" | "fail" | "skip";
  /** Largest distance to the judge, as a part of the largest number of that result; NaN when nothing was compared. */
  worst: number;
  tolerance: number;
  /** Why it failed or was left out. */
  reason?: string;
}

/**
 * Puts `ops` through the suite, judged by another backend, usually the reference.
 *
 * @throws UsageError when `skip` or `required` name a case that does not exist; failures of `ops` are results, not errors
 */
export async function runConformance<T extends Tensor, W extends Weight, JT extends Tensor, JW extends Weight>(
  ops: Ops<T, W>,
  judge: Ops<JT, JW>,
  { cases = conformanceCases, skip = [], required = [] }: ConformanceOptions = {},
): Promise<ConformanceResult[]> {
  const known = new Set(conformanceCases.map(({ name }) => name));
  for (const name of [...skip.map((entry) => entry.case), ...required]) {
    if (!known.has(name)) throw new UsageError(`there is no conformance case "${name}": take the name from conformanceCases`);
  }
  const results: ConformanceResult[] = [];
  for (const conformanceCase of cases) {
    const { name, tolerance } = conformanceCase;
    const reason = skip.find((entry) => entry.case === name)?.reason;
    results.push(
      reason === undefined
        ? await runCase(ops, judge, conformanceCase, required.includes(name))
        : { name, outcome: "skip", worst: Number.NaN, tolerance, reason },
    );
  }
  return results;
}

async function runCase<T extends Tensor, W extends Weight, JT extends Tensor, JW extends Weight>(
  ops: Ops<T, W>,
  judge: Ops<JT, JW>,
  { name, tolerance, sameBits, run }: ConformanceCase,
  required: boolean,
): Promise<ConformanceResult> {
  let actual: Float32Array[];
  try {
    actual = await run(ops);
  } catch (error) {
    const outcome = error instanceof UnsupportedError && !required ? "skip" : "fail";
    return { name, outcome, worst: Number.NaN, tolerance, reason: String(error) };
  }
  const { worst, problem } = compare(actual, await run(judge), tolerance);
  const reason = problem ?? (sameBits ? differingBits(actual) : undefined);
  return { name, outcome: reason ? "fail" : "pass", worst, tolerance, reason };
}

/** The largest distance in units of the largest expected number of its result (or of 1, where only zeros are expected). */
function compare(
  actual: readonly Float32Array[],
  expected: readonly Float32Array[],
  tolerance: number,
): { worst: number; problem?: string } {
  if (actual.length !== expected.length) throw new InternalError(`${actual.length} results beside ${expected.length} of the judge`);
  let worst = 0;
  let problem: string | undefined;
  expected.forEach((wanted, r) => {
    const got = actual[r];
    if (got.length !== wanted.length) {
      worst = Number.POSITIVE_INFINITY;
      problem ??= `result ${r} has ${got.length} values, expected ${wanted.length}`;
      return;
    }
    const size = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
    wanted.forEach((value, i) => {
      const distance = got[i] === value ? 0 : Math.abs(got[i] - value) / size;
      if (distance <= worst) return;
      worst = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
      if (worst > tolerance) problem = `value ${i} of result ${r} is ${got[i]}, expected ${value} within ${tolerance * size}`;
    });
  });
  return { worst, problem };
}

function differingBits(results: readonly Float32Array[]): string | undefined {
  const bits = results.map(({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, length));
  for (let r = 1; r < bits.length; r++) {
    const i = bits[0].findIndex((word, at) => word !== bits[r][at]);
    if (i >= 0) return `value ${i} is ${results[r][i]} in way ${r} and ${results[0][i]} in way 0: expected the same bits`;
  }
  return undefined;
}
