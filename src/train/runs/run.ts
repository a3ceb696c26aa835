// What is known of a run after some lines of its log: folded line by line, in bounded memory.
import { type Curve, createCurve } from "./curve.ts";
import {
  type BeginEvent,
  type LoggedEvent,
  parseEvent,
  type ResumeEvent,
  type SampleEvent,
  type StepEvent,
  type ValidationEvent,
} from "./event.ts";

export const trainMetrics = ["loss", "bitsPerByte", "learningRate", "gradientNorm", "tokensPerSecond"] as const;
export const validationMetrics = ["loss", "bitsPerByte"] as const;
export type TrainMetric = (typeof trainMetrics)[number];
export type ValidationMetric = (typeof validationMetrics)[number];

export interface Run {
  begin: BeginEvent | undefined;
  /** Why it ended; undefined while it goes on, and for a run that was killed. */
  endReason: string | undefined;
  /** Lines that say nothing: cut off, or foreign. */
  damagedLines: number;
  readonly train: Curve<TrainMetric>;
  readonly validation: Curve<ValidationMetric>;
  samples: SampleEvent[];
  /** Steps from which it went on, after it had been ended. */
  resumes: number[];
  /** The last steps, for figures of now. */
  recent: StepEvent[];
  lastValidation: ValidationEvent | undefined;
  /** Where this process began: the last step that earlier ones made, and their seconds of training. */
  stepBefore: number;
  secondsBefore: number;
}

const MOST_RECENT = 50;
const MOST_SAMPLES = 200;
const MOST_RESUMES = 200;

export function createRun(): Run {
  return {
    begin: undefined,
    endReason: undefined,
    damagedLines: 0,
    train: createCurve(trainMetrics),
    validation: createCurve(validationMetrics),
    samples: [],
    resumes: [],
    recent: [],
    lastValidation: undefined,
    stepBefore: 0,
    secondsBefore: 0,
  };
}

export function addLine(run: Run, line: string): void {
  const event = parseEvent(line);
  if (event && (run.begin || event.event === "begin")) addEvent(run, event);
  else run.damagedLines++;
}

function addEvent(run: Run, event: LoggedEvent): void {
  switch (event.event) {
    case "begin": // a folder that is used again begins anew
      Object.assign(run, createRun(), { begin: event });
      return;
    case "step": {
      // Steps made again, even when the line that says so was lost with the process.
      if (event.step <= (run.train.last()?.step ?? 0)) goBack(run, event.step - 1);
      const { step, tokens } = event;
      run.train.add({ step, tokens, seconds: run.secondsBefore + event.seconds }, event);
      run.recent.push(event);
      if (run.recent.length > MOST_RECENT) run.recent.shift();
      return;
    }
    case "validation": {
      if (event.step <= (run.validation.last()?.step ?? -1)) run.validation.cutBack(event.step - 1);
      run.validation.add({ step: event.step, tokens: event.tokens, seconds: run.train.last()?.seconds ?? 0 }, event);
      run.lastValidation = event;
      return;
    }
    case "sample":
      keepSample(run, event);
      return;
    case "resume":
      goBack(run, event.step);
      run.endReason = undefined;
      run.begin = { ...run.begin!, ...said(event) };
      if (run.resumes.length < MOST_RESUMES) run.resumes.push(event.step);
      return;
    case "end":
      run.endReason = event.reason;
      return;
    case "checkpoint":
      return;
  }
}

function said({ steps, peakFlopPerSecond }: ResumeEvent): Partial<BeginEvent> {
  return { ...(!Number.isNaN(steps) && { steps }), ...(!Number.isNaN(peakFlopPerSecond) && { peakFlopPerSecond }) };
}

/** The clock of a process starts at 0, so what was trained before is added from here on. */
function goBack(run: Run, step: number): void {
  run.train.cutBack(step);
  run.validation.cutBack(step);
  run.samples = run.samples.filter((sample) => sample.step <= step);
  run.recent = [];
  if (run.lastValidation && run.lastValidation.step > step) run.lastValidation = undefined;
  run.stepBefore = step;
  run.secondsBefore = run.train.last()?.seconds || 0;
}

/** Where there are too many, those go that stand closest between their neighbours: the first and the last always stay. */
function keepSample(run: Run, sample: SampleEvent): void {
  run.samples.push(sample);
  if (run.samples.length <= MOST_SAMPLES) return;
  const steps = [...new Set(run.samples.map(({ step }) => step))];
  let closest = 1;
  for (let i = 1; i + 1 < steps.length; i++) {
    if (steps[i + 1] - steps[i - 1] < steps[closest + 1] - steps[closest - 1]) closest = i;
  }
  if (steps.length < 3) run.samples.shift();
  else run.samples = run.samples.filter(({ step }) => step !== steps[closest]);
}
