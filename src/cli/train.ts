// cria train: a recipe, or flags, and a folder of text become a model.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { showBytes } from "../hub/repo-models.ts";
import { createWasm, enableRelaxedSimd } from "../ops/wasm/index.ts";
import { MEMORY_LIMIT } from "../ops/wasm/memory.ts";
import type { SkippedFile } from "../train/data/find-files.ts";
import { type PretrainOptions, pretrain, type RunEnd } from "../train/pretrain.ts";
import { checkRecipe } from "../train/recipe.ts";
import { measureFloatPeak } from "./bench/machine-limits.ts";
import { defineCommand } from "./command.ts";
import { skippedFilesLine } from "./data/report-table.ts";
import { whole } from "./flags.ts";
import { type Interrupted, interruption } from "./interrupt.ts";
import { engineFlags, jsonFlag, quietFlag } from "./model-flags.ts";
import { note, print, printJson, red } from "./terminal/output.ts";
import { createProgress, type Progress } from "./terminal/progress.ts";
import { showCount } from "./terminal/units.ts";
import { loadRecipe } from "./train/load-recipe.ts";
import { overridden, recipeFlags } from "./train/recipe-flags.ts";

const { threads, turbo } = engineFlags;

export const command = defineCommand({
  argument: { name: "RECIPE", optional: true },
  about: `A RECIPE is the name of one that comes with cria, or a file with one: everything that a run depends on, as typed code. Without it, a recipe for plain text is
taken: --data is all that it needs. Flags change single values of a recipe.

DIR gets the tokenizer, the tokens, checkpoints, and log.jsonl. It is a model that every command opens, by its last checkpoint (cria generate --model runs/NAME),
as is each checkpoint in DIR/checkpoints; cria export makes a GGUF of it.

A run that was ended, by Ctrl-C too, goes on bit for bit when the same command is given again.`,
  flags: {
    ...recipeFlags,
    out: { schema: v.optional(v.string()), value: "DIR", short: "o", help: "The folder of the run; runs/NAME without it" },
    keep: { schema: v.optional(whole(1), 3), value: "N", help: "Checkpoints that stay, the latest" },
    until: { schema: v.optional(whole(1)), value: "STEP", help: "Stop there, to go on later" },
    threads,
    turbo,
    ...jsonFlag,
    ...quietFlag,
  },
  examples: [
    ["train --data books/ --name my-model", "a model of the texts in a folder"],
    ["train llama-cria-stories --data stories/", "the model that comes with cria"],
    ["train my-recipe.js --learning-rate 1e-3 --name slower", "a recipe of your own, with one value changed"],
  ],
  async run({ out, keep, until, threads, turbo, json, quiet, ...values }, name) {
    const onSkipped = once((files: readonly SkippedFile[]) => quiet || note(skippedFilesLine(files)));
    const recipe = checkRecipe(overridden(await loadRecipe(name, { data: values.data, onSkipped }), values));
    const signal = interruption();
    const folder = out ?? join("runs", recipe.name);
    enableRelaxedSimd();
    const ops = await createWasm({ activations: "f32", threads, turbo });
    const bar = createTrainingProgress(quiet);
    try {
      const { simd, threads } = ops.build;
      const peakFlops = (): Promise<number> => measureFloatPeak(Math.min(threads, availableParallelism()), simd === "relaxed");
      const machine = { threads, build: simd, peakFlops, memoryLimit: MEMORY_LIMIT };
      const end = await pretrain(ops, recipe, { folder, keep, until, signal, machine, onProgress: bar.onProgress, onEvent: bar.onEvent });
      bar.end();
      report(end, folder, json);
      if (end.reason === "interrupted" && signal.aborted) throw signal.reason as Interrupted;
      if (end.advice !== undefined) {
        note(`${red("cria:")} ${end.advice}`);
        process.exitCode = 1;
      }
    } finally {
      bar.end();
      await ops.dispose();
    }
  },
});

function report({ reason, step, steps, checkpoint, bitsPerByte }: RunEnd, folder: string, json: boolean): void {
  if (json) {
    printJson({ out: folder, reason, step, steps, checkpoint: checkpoint ?? null, bits_per_byte: bitsPerByte ?? null });
    return;
  }
  const measure = bitsPerByte === undefined ? "" : `, ${bitsPerByte.toFixed(4)} bits per byte`;
  print(`${folder}: ${showCount(step)} of ${showCount(steps)} steps${measure}; ${checkpoint || "no checkpoint yet"}`);
  if (reason === "interrupted") note("it goes on when the same command is given again");
}

/** Data may be read twice: for a tokenizer, then for tokens. */
function once<A>(tell: (about: A) => void): (about: A) => void {
  let told = false;
  return (about) => {
    if (!told) tell(about);
    told = true;
  };
}

interface TrainingProgress extends Required<Pick<PretrainOptions, "onProgress" | "onEvent">> {
  end(): void;
}

/** On a terminal a bar for the data, then one for the steps; everywhere a line for each measurement. */
function createTrainingProgress(quiet: boolean): TrainingProgress {
  let shown: { readonly phase: string; readonly bar: Progress } | undefined;
  const barOf = (phase: string, show: (amount: number) => string): Progress => {
    if (shown?.phase !== phase) {
      shown?.bar.end();
      shown = { phase, bar: createProgress(phase, show, quiet) };
    }
    return shown.bar;
  };
  const say = (line: string): void => {
    shown?.bar.end();
    if (!quiet) note(line);
  };
  const counted = (what: string) => (amount: number) => `${showCount(Math.round(amount))} ${what}`;
  let steps = 0;
  let peak: number | null = null;
  let loss = 0;
  return {
    onProgress: (phase, done, total) => barOf(phase, phase === "learning" ? counted("entries") : showBytes).update(done, total),
    onEvent(event) {
      switch (event.event) {
        case "begin":
          ({ steps, peak_flop_per_second: peak } = event);
          say(
            `${event.name}: ${showCount(event.parameters)} parameters, ${showCount(event.train_tokens)} tokens, ${showCount(steps)} steps of ${showCount(event.tokens_per_step)}`,
          );
          break;
        case "resume":
          ({ steps, peak_flop_per_second: peak } = event);
          say(`goes on behind step ${showCount(event.step)}`);
          break;
        case "step": {
          loss = event.loss;
          const share = peak ? ` (${Math.round((100 * event.flop_per_second) / peak)}% of the peak)` : "";
          const speed = `${showCount(Math.round(event.tokens_per_second))} tokens/s, ${(event.flop_per_second / 1e9).toFixed(1)} GFLOP/s${share}`;
          barOf("training", counted("steps")).update(event.step, steps, `loss ${loss.toFixed(3)}  ${speed}`);
          break;
        }
        case "validation":
          say(
            `step ${showCount(event.step)}: loss ${loss.toFixed(3)}, validation ${event.loss.toFixed(4)}, ${event.bits_per_byte.toFixed(4)} bits per byte`,
          );
          break;
      }
    },
    end: () => shown?.bar.end(),
  };
}
