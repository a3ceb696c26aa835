// Runs as a table in the terminal.
import type { RunReport } from "../../train/runs/run-report.ts";
import { printable } from "../terminal/printable.ts";
import { table } from "../terminal/table.ts";
import { showDuration } from "../terminal/units.ts";
import { compact, orNothing, precise } from "./page/words.ts";

const head = ["run", "state", "steps", "tokens", "train loss", "val loss", "bits/byte", "tokens/s", "of peak", "time"];

/** @param reports at least one */
export function runLines(reports: readonly RunReport[]): string {
  const rows = reports.map(({ name, state, progress }) => {
    if (state === "unreadable") return [printable(name), state];
    const { step, steps, tokens, trainLoss, validationLoss, bitsPerByte, tokensPerSecond, shareOfPeak, seconds, secondsLeft } = progress;
    const duration = (value: number): string => showDuration(1000 * value);
    return [
      printable(name),
      state,
      steps === null ? compact(step) : `${compact(step)} of ${compact(steps)}`,
      orNothing(tokens, compact),
      orNothing(trainLoss, precise),
      orNothing(validationLoss, precise),
      orNothing(bitsPerByte, precise),
      orNothing(tokensPerSecond, compact),
      orNothing(shareOfPeak, (share) => `${(100 * share).toFixed(0)}%`),
      state === "running" && secondsLeft !== null ? `${duration(secondsLeft)} left` : orNothing(seconds, duration),
    ];
  });
  const problems = reports.flatMap(({ name, problem }) => (problem === undefined ? [] : [`${printable(name)}: ${printable(problem)}`]));
  return [table([head, ...rows], [2, 3, 4, 5, 6, 7, 8, 9]), ...(problems.length > 0 ? [problems.join("\n")] : [])].join("\n\n");
}
