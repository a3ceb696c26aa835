// A progress bar with the time that is left: on a terminal only, and only for what takes longer than two seconds.
import { stripVTControlCharacters } from "node:util";
import { grey } from "./output.ts";
import { showDuration } from "./units.ts";

export interface Progress {
  /** @param total undefined where nobody knows @param remark shown behind the bar */
  update(done: number, total: number | undefined, remark?: string): void;
  /** Removes the bar. Idempotent. */
  end(): void;
}

const leastDuration = 2000;
const redrawAfter = 100;
const barWidth = 24;

/**
 * @param label what is being done: "loading"
 * @param show  how an amount is written, with its unit
 */
export function createProgress(label: string, show: (amount: number) => string, quiet: boolean): Progress {
  const start = Date.now();
  let first: number | undefined; // of a resumed download, what was here before
  let drawn = 0;
  const enabled = process.stderr.isTTY && !quiet;

  return {
    update(done, total, remark = "") {
      first ??= done;
      const now = Date.now();
      const elapsed = now - start;
      const left = done > first && total !== undefined ? (elapsed * (total - done)) / (done - first) : Number.POSITIVE_INFINITY;
      if (!enabled || now - drawn < redrawAfter || (drawn === 0 && (elapsed < redrawAfter || elapsed + left < leastDuration))) return;
      drawn = now;
      const perSecond = done > first ? `${show(((done - first) / elapsed) * 1000)}/s` : "";
      const time = Number.isFinite(left) ? `${showDuration(left)} left` : "";
      const amount = total === undefined ? [show(done)] : [bar(done / total), `${show(done)} of ${show(total)}`];
      const parts = [label, ...amount, perSecond, time, remark].filter((part) => part !== "");
      process.stderr.write(`\r\x1b[K${oneLine(parts.join("  "), process.stderr.columns || 80)}`);
    },
    end() {
      if (drawn > 0) process.stderr.write("\r\x1b[K");
      drawn = 0;
    },
  };
}

function bar(part: number): string {
  const full = Math.round(barWidth * Math.min(1, Math.max(0, part)));
  return `[${"=".repeat(full)}${" ".repeat(barWidth - full)}]`;
}

/** A line that wraps cannot be redrawn. */
function oneLine(line: string, columns: number): string {
  return grey(stripVTControlCharacters(line).slice(0, columns - 1));
}
