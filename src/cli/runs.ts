// cria runs: training runs, watched while they go and compared; as a table, as JSON, as a page, as a plot.
import { existsSync } from "node:fs";
import * as v from "valibot";
import { UsageError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { writeWhole } from "../train/data/disk.ts";
import { trainMetrics } from "../train/runs/run.ts";
import { findLogs, openRunsFolder, type RunsFolder } from "../train/runs/runs-folder.ts";
import { defineCommand } from "./command.ts";
import { interruption } from "./interrupt.ts";
import { jsonFlag, quietFlag } from "./model-flags.ts";
import { pageDocument } from "./runs/document.ts";
import { drawingOf } from "./runs/drawing.ts";
import { runLines } from "./runs/run-lines.ts";
import { allNews, serveRuns, USUAL_PORT } from "./runs/serve.ts";
import { note, print, printJson } from "./terminal/output.ts";
import { printable } from "./terminal/printable.ts";

const usualFolder = "runs";

/** By the names that the log has. */
const plotted = new Map(trainMetrics.map((metric) => [metric.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), metric]));

export const command = defineCommand({
  argument: { name: "DIR", optional: true },
  about: `DIR holds a folder for each run, with its log.jsonl; it may be the folder of one run. Without it, ${usualFolder} is looked through.

--serve shows the runs as a page that follows them: curves over tokens, steps or time, samples, and in what recipes and configurations differ.
It can be reached from this machine only, under the address that is printed, and does not open a browser itself: the machine that trains may have
none (ssh -L ${USUAL_PORT}:127.0.0.1:${USUAL_PORT} brings the page to another one). Ctrl-C ends it.

A run is running, or finished, interrupted or diverged as its log says; it has ended when nothing was written for long, as after a kill.`,
  flags: {
    run: { schema: v.optional(v.array(v.string()), []), value: "NAME", help: "Only this run; may be given several times" },
    serve: { schema: v.optional(v.boolean(), false), help: "Show the runs as a page, live" },
    port: {
      schema: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))),
      value: "N",
      help: `Of the page; without it, ${USUAL_PORT}, or a free one where that is taken`,
    },
    html: { schema: v.optional(v.string()), value: "FILE", help: "Write the page, with the runs inside" },
    svg: { schema: v.optional(v.string()), value: "FILE", help: "Write one plot" },
    plot: { schema: v.optional(v.picklist([...plotted.keys()]), "loss"), value: "NAME", help: "What --svg plots" },
    ...jsonFlag,
    ...quietFlag,
  },
  examples: [
    ["runs", "how far they are"],
    ["runs --serve", "to watch them in a browser"],
    ["runs --run small --run large --svg loss.svg --plot bits-per-byte", "two curves for a text"],
    ["runs --json | jq '.runs[] | {name, state, loss: .progress.validationLoss}'", "for programs"],
  ],
  async run({ run: only, serve, port, html, svg, plot, json, quiet }, argument) {
    const asked = [serve && "--serve", html !== undefined && "--html", svg !== undefined && "--svg", json && "--json"].filter(Boolean);
    if (asked.length > 1) throw new UsageError(`${asked.join(" and ")} were given: expected one of them`);
    const path = argument ?? usualFolder;
    const found = await namesIn(path, argument !== undefined);
    checkNames(only, found);
    const folder = openRunsFolder(path, only.length > 0 ? only : undefined);
    if (serve) return serveUntilInterrupted(folder, path, port, quiet);
    if (found.length > 0) await folder.refresh();
    const { names, reports } = allNews(folder);
    if (json) return printJson({ runs: reports });
    if (names.length === 0 && (html ?? svg) === undefined) return print(`no runs in ${printable(path)}: cria train makes them`);
    if (names.length === 0) throw new UsageError(`no runs in ${path}: expected some to draw`);
    if (html !== undefined) {
      const status = `${path}, ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`;
      return write(html, await pageDocument({ status, news: { names, reports } }), quiet);
    }
    if (svg === undefined) return print(runLines(reports));
    // In the order in which they were named.
    const drawn = (only.length > 0 ? only : names).map((name, colour) => ({ report: folder.report(name), colour }));
    const drawing = drawingOf(drawn, plotted.get(plot)!);
    if (drawing === undefined) throw new UsageError(`${names.join(", ")}: nothing to draw, no ${plot} is measured yet`);
    return write(svg, drawing, quiet);
  },
});

/** Who has trained nothing yet has no such folder: only one that was asked for is missed. */
async function namesIn(path: string, asked: boolean): Promise<string[]> {
  if (!asked && !existsSync(path)) return [];
  return [...(await findLogs(path)).keys()];
}

function checkNames(only: readonly string[], found: readonly string[]): void {
  const missing = only.find((name) => !found.includes(name));
  if (missing === undefined) return;
  const near = nearest(missing, found);
  throw new UsageError(`--run ${missing}: there is no such run${near === undefined ? "" : `: did you mean ${near}?`}`);
}

async function serveUntilInterrupted(folder: RunsFolder, path: string, port: number | undefined, quiet: boolean): Promise<void> {
  const signal = interruption();
  const server = await serveRuns(folder, path, port);
  print(server.url);
  if (!quiet) note("Ctrl-C ends it");
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  await server.close();
}

async function write(path: string, text: string, quiet: boolean): Promise<void> {
  await writeWhole(path, (file) => file.writeFile(text));
  if (!quiet) note(`${path} is written`);
}
