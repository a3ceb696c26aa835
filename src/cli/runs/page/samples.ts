// What the runs wrote, at one place of their curves.
import { showCount } from "../../terminal/units.ts";
import { COLOURS } from "./chart.ts";
import { element, type Markup } from "./markup.ts";
import { type ColouredRun, indexAt, type Over } from "./series.ts";

/** The places that have samples, ascending. */
export function sampleStops(runs: readonly ColouredRun[], over: Over): number[] {
  const stops = runs.flatMap((run) => run.report.samples.map(({ step }) => placeOf(run, step, over)));
  return [...new Set(stops)].sort((a, b) => a - b);
}

/** Of each run the samples at `at`, or the last ones before it. */
export function samplesAt(runs: readonly ColouredRun[], over: Over, at: number): Markup[] {
  return runs.flatMap((run) => {
    const { report, colour } = run;
    const step = report.samples.findLast((sample) => placeOf(run, sample.step, over) <= at)?.step;
    if (step === undefined) return [];
    const texts = report.samples.filter((sample) => sample.step === step);
    return [
      element(
        "article",
        { class: `c${colour % COLOURS}` },
        element(
          "h3",
          {},
          element("span", { class: `swatch c${colour % COLOURS}` }),
          report.name,
          element("span", {}, `step ${showCount(step)}`),
        ),
        texts.map(({ prompt, text }) => element("p", {}, prompt.trim() === "" ? "" : element("b", {}, prompt.trim()), text.trim())),
      ),
    ];
  });
}

function placeOf({ report: { train } }: ColouredRun, step: number, over: Over): number {
  return train[over][Math.max(0, indexAt(train.step, step))] ?? 0;
}
