// Runs as a table in the terminal.
import type { RunReport } from "../../train/runs/run-report.ts";
import { printable } from "../terminal/printable.ts";
import { table } from "../terminal/table.ts";
import { figuresOf } from "./page/figures.ts";
import { compact } from "./page/words.ts";

const head = ["run", "state", "steps", "tokens", "train loss", "val loss", "bits/byte", "tokens/s", "of peak", "time"];

/** @param reports at least one */
export function runLines(reports: readonly RunReport[]): string {
  const rows = reports.map((report) => {
    const { name, state } = report;
    if (state === "unreadable") return [printable(name), state];
    const { step, steps } = report.progress;
    return [printable(name), state, steps === null ? compact(step) : `${compact(step)} of ${compact(steps)}`, ...figuresOf(report)];
  });
  const problems = reports.flatMap(({ name, problem }) => (problem === undefined ? [] : [`${printable(name)}: ${printable(problem)}`]));
  return [table([head, ...rows], [2, 3, 4, 5, 6, 7, 8, 9]), ...(problems.length > 0 ? [problems.join("\n")] : [])].join("\n\n");
}
