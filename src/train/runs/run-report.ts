// A run as it is told: to people in a table, to programs as JSON, to the page of cria runs.
import type { CurveData } from "./curve.ts";
import type { SampleEvent, Settings, StepEvent } from "./event.ts";
import type { Run, TrainMetric, ValidationMetric } from "./run.ts";
import type { RunLog } from "./run-log-reader.ts";

/**
 * "ended": the log stopped without a last word, as after a kill. "unreadable": the log is missing, damaged or foreign, and `problem` says how. The others
 * are what the log says of itself.
 */
export type RunState = "running" | "finished" | "interrupted" | "diverged" | "ended" | "unreadable";

export interface RunReport {
  /** The name of its folder. */
  readonly name: string;
  readonly state: RunState;
  readonly problem: string | undefined;
  /** When it began, in ISO 8601; "" where that is not known. */
  readonly begun: string;
  /** When the log was last written, in ISO 8601. */
  readonly updated: string;
  readonly progress: Progress;
  readonly facts: Settings;
  readonly config: Settings;
  readonly recipe: Settings;
  readonly train: CurveData<TrainMetric>;
  readonly validation: CurveData<ValidationMetric>;
  readonly samples: readonly SampleEvent[];
  /** Steps from which it went on. */
  readonly resumes: readonly number[];
}

/** Where a run stands. Null where that is not known. */
export interface Progress {
  readonly step: number;
  readonly steps: number | null;
  readonly tokens: number | null;
  /** Means of the last steps, 50 at most. */
  readonly trainLoss: number | null;
  readonly tokensPerSecond: number | null;
  /** Of the arithmetic that this machine could do. */
  readonly shareOfPeak: number | null;
  readonly validationLoss: number | null;
  /** Of the validation. */
  readonly bitsPerByte: number | null;
  /** Of training, over all processes. */
  readonly seconds: number | null;
  /** As of the last step. */
  readonly secondsLeft: number | null;
}

/** A validation, or a checkpoint of a large model, takes a while in which nothing is written. */
const LEAST_SILENCE = 120;
const SILENT_STEPS = 20;

/** @param now in milliseconds since 1970 */
export function reportRun(name: string, log: RunLog, now: number): RunReport {
  const { run, modified } = log;
  return {
    name,
    state: stateOf(log, now),
    problem: problemOf(log),
    begun: run.begin?.time ?? "",
    updated: new Date(modified).toISOString(),
    progress: progressOf(run),
    facts: run.begin?.facts ?? {},
    config: run.begin?.config ?? {},
    recipe: run.begin?.recipe ?? {},
    train: run.train.data(),
    validation: run.validation.data(),
    samples: run.samples,
    resumes: run.resumes,
  };
}

/** Depends on the time: a log that nobody has written to for long is that of a run that was killed. */
export function stateOf({ run, modified, problem }: RunLog, now: number): RunState {
  if (problem !== undefined || !run.begin) return "unreadable";
  if (run.endReason !== undefined) return endStates.find((state) => state === run.endReason) ?? "ended";
  const silence = Math.max(LEAST_SILENCE, SILENT_STEPS * (secondsPerStep(run) || 0));
  return now - modified < 1000 * silence ? "running" : "ended";
}

const endStates = ["finished", "interrupted", "diverged"] as const;

function problemOf({ run, problem, offset }: RunLog): string | undefined {
  if (problem !== undefined) return problem;
  const { damagedLines } = run;
  if (run.begin) return damagedLines === 0 ? undefined : damagedLines === 1 ? "1 damaged line" : `${damagedLines} damaged lines`;
  return offset === 0 ? "nothing is written yet" : "no log of a run: none of its lines begins one";
}

function progressOf(run: Run): Progress {
  const { begin, recent, lastValidation } = run;
  const last = run.train.last();
  const step = last?.step ?? 0;
  const ended = run.endReason !== undefined;
  return {
    step,
    steps: known(begin?.steps),
    tokens: known(last?.tokens),
    trainLoss: known(mean(recent, "loss")),
    tokensPerSecond: known(mean(recent, "tokensPerSecond")),
    shareOfPeak: known(mean(recent, "flopPerSecond") / (begin?.peakFlopPerSecond ?? Number.NaN)),
    validationLoss: known(lastValidation?.loss),
    bitsPerByte: known(lastValidation?.bitsPerByte),
    seconds: known(last?.seconds),
    secondsLeft: ended ? null : known(Math.max(0, (begin?.steps ?? Number.NaN) - step) * secondsPerStep(run)),
  };
}

/** By the clock of this process, so that validations count as often as they come. NaN before the first step. */
function secondsPerStep({ recent, stepBefore }: Run): number {
  const last = recent.at(-1);
  return last ? last.seconds / (last.step - stepBefore) : Number.NaN;
}

function mean(steps: readonly StepEvent[], metric: TrainMetric | "flopPerSecond"): number {
  const values = steps.map((step) => step[metric]).filter(Number.isFinite);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function known(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
