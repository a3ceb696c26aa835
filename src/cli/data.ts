// cria data: raw texts become training data. What it does to them, and after which papers, is in docs/data.md.
import { availableParallelism } from "node:os";
import * as v from "valibot";
import { FormatError, UsageError } from "../errors.ts";
import { showBytes } from "../hub/repo-models.ts";
import { nearest } from "../nearest.ts";
import { readable } from "../train/data/find-files.ts";
import type { Mixture } from "../train/data/mix.ts";
import { type DataProgress, prepareData } from "../train/data/prepare-data.ts";
import { type Step, steps } from "../train/data/report.ts";
import { defineCommand } from "./command.ts";
import { reportOf } from "./data/report-table.ts";
import { whole } from "./flags.ts";
import { interruption } from "./interrupt.ts";
import { jsonFlag, quietFlag } from "./model-flags.ts";
import { note, print, printJson } from "./terminal/output.ts";
import { createProgress } from "./terminal/progress.ts";
import { showCount } from "./terminal/units.ts";

export const command = defineCommand({
  argument: { name: "SOURCE", optional: false, many: true },
  about: `A SOURCE is a file, a folder with all that is in it, or a pattern in quotes ("books/**/*.txt"). Read are
${readable}; the rest is named in the report.

Steps: characters and line breaks are brought into one form, lines that an editor wrapped are joined, heads and tails of Project Gutenberg go; rules of
quality drop what is no prose; copies and near-copies go, and lines that stand in many places; what is left is split by its hash, mixed and shuffled.
DIR gets train-00000.jsonl and so on, val-00000.jsonl, report.json, and report.html to look at.

A run that was ended, by Ctrl-C too, goes on where it stopped when the same command is given again.`,
  flags: {
    out: { schema: v.string(), value: "DIR", short: "o", help: "The folder of the result" },
    field: { schema: v.optional(v.string(), "text"), value: "NAME", help: "Field or column that has the text, in JSONL and Parquet" },
    weights: { schema: v.optional(v.string()), value: "W,W,...", help: "Share of each SOURCE in the mixture, as LLaMA had 67,15,4.5,..." },
    epochs: { schema: v.optional(v.string()), value: "N,N,...", help: "Instead: how often each SOURCE is seen, such as 1,2.5" },
    val: {
      schema: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.5)), 0.01),
      value: "P",
      help: "Share of documents that are kept apart to validate with",
    },
    language: {
      schema: v.optional(v.array(v.string()), []),
      value: "CODE",
      help: "Keep this language only, by its ISO 639-3 code: eng; may be given several times",
    },
    minWords: { schema: v.optional(whole(1), 50), value: "N", help: "Drop shorter documents" },
    lineRepeats: { schema: v.optional(whole(1), 6), value: "N", help: "Remove lines that stand in more places" },
    similarity: {
      schema: v.optional(v.pipe(v.number(), v.minValue(0.5), v.maxValue(1)), 0.8),
      value: "J",
      help: "Drop documents that share so much with an earlier one (Jaccard)",
    },
    skip: {
      schema: v.optional(v.array(v.string()), []),
      value: "STEP",
      help: `Leave out a step: ${steps.join(", ")}; may be given several times`,
    },
    seed: { schema: v.optional(v.pipe(v.number(), v.safeInteger()), 0), value: "N", help: "Of the order: the same seed gives the same" },
    workers: { schema: v.optional(whole(0)), value: "N", help: "Threads that clean; by default one for each core but one" },
    ...jsonFlag,
    ...quietFlag,
  },
  examples: [
    ["data books/ --out data/", "a folder of texts"],
    ["data web.jsonl.gz books/ --weights 80,20 --language eng --out data/", "two sources, mixed 80 to 20, English only"],
    ['data "set/*.parquet" --field content --skip quality --out data/', "Parquet, with no rules of quality"],
  ],
  async run(
    { json, quiet, out, field, val, language, skip, minWords, lineRepeats, similarity, seed, workers, weights, epochs },
    _,
    sources,
  ) {
    const progress = createDataProgress(quiet);
    const signal = interruption();
    try {
      const report = await prepareData({
        ...{ sources, out, field, minWords, lineRepeats, seed, signal },
        languages: language.map(languageNamed),
        skip: skip.map(stepNamed),
        resemblance: similarity,
        validation: val,
        mixture: mixtureOf(weights, epochs),
        workers: workers ?? Math.max(1, availableParallelism() - 1),
        onProgress: progress.update,
      });
      progress.end();
      if (json) printJson(report);
      else print(reportOf(report, out));
      if (report.train.documents === 0) {
        throw new FormatError(`nothing is left to train on: ${out}/report.html tells why each document went; --skip leaves out a step`);
      }
      if (report.val.documents === 0 && val > 0 && !quiet) {
        note(
          `nothing is kept to validate with: ${showCount(report.train.documents)} documents are few for --val ${val}; cria train takes the ends of long ones`,
        );
      }
    } catch (error) {
      progress.end();
      if (signal.aborted) note("what is finished is kept: give the same command again to go on");
      throw error;
    }
  },
});

function languageNamed(code: string): string {
  if (/^[a-z]{3}$/.test(code)) return code;
  throw new UsageError(`--language is "${code}": expected a code of three letters (ISO 639-3), such as eng for English`);
}

function stepNamed(name: string): Step {
  const step = steps.find((known) => known === name);
  if (step !== undefined) return step;
  const near = nearest(name, steps);
  throw new UsageError(`--skip is "${name}": expected ${steps.join(", ")}${near === undefined ? "" : `; did you mean ${near}?`}`);
}

function mixtureOf(weights: string | undefined, epochs: string | undefined): Mixture {
  if (weights !== undefined && epochs !== undefined) throw new UsageError("--weights and --epochs were given: leave one of them out");
  const [kind, text] = weights === undefined ? (["epochs", epochs] as const) : (["weights", weights] as const);
  if (text === undefined) return undefined;
  const values = text.split(",").map((part) => (/^\s*(\d+\.?\d*|\.\d+)\s*$/.test(part) ? Number(part) : Number.NaN));
  if (values.some(Number.isNaN))
    throw new UsageError(`--${kind} is "${text}": expected numbers from 0 on with commas between them, such as 80,20`);
  return { kind, values };
}

/** One bar for each phase, with a clock of its own. */
function createDataProgress(quiet: boolean): { update: (progress: DataProgress) => void; end: () => void } {
  const bars = {
    clean: createProgress("cleaning", showBytes, quiet),
    compare: createProgress("comparing", (part) => `${Math.round(100 * part)}%`, quiet),
    write: createProgress("writing", (count) => `${showCount(Math.round(count))} documents`, quiet),
  };
  let current: DataProgress["phase"] = "clean";
  return {
    update({ phase, done, total }) {
      if (phase !== current) bars[current].end();
      current = phase;
      bars[phase].update(done, total);
    },
    end: () => bars[current].end(),
  };
}
