// A recipe: everything that a training run depends on, as one typed value. The same recipe on the same data gives the same model.
import { UsageError } from "../errors.ts";
import { checkConfig, type ModelConfig } from "../model/config.ts";
import type { TrainTokenizerOptions } from "../tokenizer/training/train-tokenizer.ts";
import type { AdamWOptions } from "./adam-w.ts";
import type { TrainingDocument } from "./corpus/document.ts";
import type { SkippedFile } from "./data/find-files.ts";
import { constant, cosine, type Schedule, warmupStableDecay } from "./schedule.ts";

export interface Recipe {
  /** Of the run and of the model: lower case, digits, dots and dashes. */
  readonly name: string;
  /** What the documents come from, as it was named: a run does not go on with others. */
  readonly data?: readonly string[];
  /** What is trained on, always in the same order; asked for twice where a tokenizer is trained. */
  readonly documents: (signal?: AbortSignal) => AsyncIterable<TrainingDocument>;
  readonly tokenizer: TokenizerRecipe;
  /** All of the model but the size of its vocabulary, which the tokenizer tells. */
  readonly model: Omit<ModelConfig, "vocabSize">;
  readonly batch: BatchRecipe;
  /** How long: passes over the training tokens, or steps. */
  readonly length: { readonly epochs: number } | { readonly steps: number };
  readonly schedule: ScheduleRecipe;
  /** Its decay is of matrices only. */
  readonly adamW: AdamWOptions;
  /** The norm of all gradients together is made this at most (Pascanu 2013). */
  readonly clip: number;
  readonly validation: ValidationRecipe;
  /** Steps between two checkpoints. */
  readonly checkpointEvery: number;
  /** Beginnings that the model continues at every checkpoint, to be looked at: a text, or what a user says. */
  readonly samples?: readonly TrainingDocument["content"][];
  /** Of the weights to begin with and of the order of rows. */
  readonly seed: number;
}

/** A tokenizer to train on the same documents, or the path of one that is there. */
export type TokenizerRecipe =
  | { readonly train: Omit<TrainTokenizerOptions, "onProgress" | "signal">; readonly chatTemplate?: string }
  | { readonly open: string };

export interface BatchRecipe {
  /** Of a step. */
  readonly rows: number;
  /** Tokens that are seen together. */
  readonly rowLength: number;
  /** How many parts a step is computed in, one after the other: less memory. 1 by default. */
  readonly parts?: number;
  /** Keep less for the way back and compute it again; see StepOptions. */
  readonly recompute?: boolean;
  /** From this part of the run on rows are longer, and fewer: the same tokens a step. Most is learned from short rows, as cheap; the end stretches the context (Llama 3, section 3.4.2). */
  readonly longRows?: { readonly rowLength: number; readonly from: number };
}

export type ScheduleRecipe = {
  readonly peak: number;
  /** Steps, but never more than a tenth of the run. */
  readonly warmup: number;
} & (
  | { readonly kind: "cosine"; readonly least: number }
  /** Warm-up, stable, decay: the last `decay` steps go down in a line. */
  | { readonly kind: "wsd"; readonly least: number; readonly decay: number }
  | { readonly kind: "constant" }
);

export interface ValidationRecipe {
  /** Steps between two measurements. */
  readonly every: number;
  /** The first rows of the validation tokens. */
  readonly rows: number;
  readonly rowLength: number;
}

/** What `cria train` gives to a recipe's function. */
export interface RecipeArguments {
  /** The --data of the command line; empty where there was none. */
  readonly data: readonly string[];
  /** Told of files that were not read: for {@link textDocuments}. */
  readonly onSkipped?: (files: readonly SkippedFile[]) => void;
}

/** A file in recipes/ has one as its default export. */
export type RecipeFunction = (given: RecipeArguments) => Recipe | Promise<Recipe>;

const fields = [
  "name",
  "documents",
  "tokenizer",
  "model",
  "batch",
  "length",
  "schedule",
  "adamW",
  "clip",
  "validation",
  "checkpointEvery",
  "seed",
] as const satisfies readonly (keyof Recipe)[];

/** Those without which no model can be built. */
const modelFields = [
  "family",
  "norm",
  "residual",
  "attention",
  "ffn",
  "positions",
  "tiedEmbeddings",
] as const satisfies readonly (keyof ModelConfig)[];

/** Who writes a recipe in JavaScript has no compiler to tell. @throws UsageError for a field that is not there, or of another kind */
export function requireWhole(recipe: Recipe): Recipe {
  requireFields("the recipe", recipe, fields);
  requireFields("the recipe's model", recipe.model, modelFields);
  for (const name of ["tokenizer", "batch", "length", "schedule", "adamW", "validation"] as const)
    requireFields(`the recipe's ${name}`, recipe[name], []);
  if (typeof recipe.name !== "string") throw new UsageError(`the recipe's name is ${String(recipe.name)}, expected a text`);
  if ("open" in recipe.tokenizer && typeof recipe.tokenizer.open !== "string")
    throw new UsageError("the recipe's tokenizer.open is no text, expected a path");
  return recipe;
}

/** @throws UsageError for what cannot be, before time is spent */
export function checkRecipe(recipe: Recipe): Recipe {
  requireWhole(recipe);
  if (typeof recipe.documents !== "function")
    throw new UsageError("the recipe's documents are no function, expected one that gives an async iterable");
  const { name, tokenizer, model, batch, length, clip, validation, checkpointEvery, adamW, schedule, seed } = recipe;
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name)) {
    throw new UsageError(`the run is called ${JSON.stringify(name)}: expected a name of lower-case letters, digits, dots and dashes`);
  }
  whole("batch.rows", batch.rows);
  whole("batch.rowLength", batch.rowLength, 2);
  whole("batch.parts", batch.parts ?? 1);
  if (batch.rows % (batch.parts ?? 1) !== 0) {
    throw new UsageError(`a batch of ${batch.rows} rows cannot be computed in ${batch.parts} equal parts: choose a divisor`);
  }
  checkLongRows(batch);
  positive("clip", clip);
  positive("schedule.peak", schedule.peak);
  whole("schedule.warmup", schedule.warmup, 0);
  if (!["cosine", "wsd", "constant"].includes(schedule.kind)) {
    throw new UsageError(`schedule.kind is ${JSON.stringify(schedule.kind)}, expected "cosine", "wsd" or "constant"`);
  }
  if (schedule.kind !== "constant" && !(schedule.least >= 0 && schedule.least <= schedule.peak)) {
    throw new UsageError(`schedule.least is ${schedule.least}, expected a number from 0 to the peak, ${schedule.peak}`);
  }
  if (schedule.kind === "wsd") whole("schedule.decay", schedule.decay, 0);
  if ("steps" in length) {
    whole("length.steps", length.steps);
    scheduleOf(schedule, length.steps);
  } else positive("length.epochs", length.epochs);
  if (!("train" in tokenizer || "open" in tokenizer)) {
    throw new UsageError("the recipe's tokenizer has neither train nor open: docs/training.md shows both");
  }
  for (const beta of [adamW.beta1, adamW.beta2]) {
    if (!(beta >= 0 && beta < 1)) throw new UsageError(`a beta of AdamW is ${beta}, expected a number from 0 to below 1`);
  }
  positive("adamW.eps", adamW.eps);
  if (!(adamW.weightDecay >= 0)) throw new UsageError(`adamW.weightDecay is ${adamW.weightDecay}, expected a number from 0 on`);
  whole("validation.every", validation.every);
  whole("validation.rows", validation.rows);
  whole("validation.rowLength", validation.rowLength, 2);
  whole("checkpointEvery", checkpointEvery);
  if (!Number.isSafeInteger(seed)) throw new UsageError(`seed is ${seed}, expected a whole number`);
  const { dim, nHeads, headDim } = model;
  if (!Number.isInteger(headDim)) {
    throw new UsageError(`a dim of ${dim} cannot be shared by ${nHeads} heads: choose a dim that is a multiple of the heads`);
  }
  checkConfig({ ...model, vocabSize: 1 });
  const longest = Math.max(batch.rowLength, batch.longRows?.rowLength ?? 0, validation.rowLength);
  if (longest > model.maxSeqLen) {
    throw new UsageError(`rows of ${longest} tokens, and a model for ${model.maxSeqLen} (maxSeqLen): shorten the rows or raise it`);
  }
  return recipe;
}

function requireFields(what: string, value: object, names: readonly string[]): void {
  if (typeof value !== "object" || value === null) throw new UsageError(`${what} is ${String(value)}, expected an object`);
  const missing = names.find((name) => value[name as keyof typeof value] === undefined);
  if (missing !== undefined) throw new UsageError(`${what} has no ${missing}: docs/training.md shows a whole one`);
}

function checkLongRows({ rows, rowLength, parts = 1, longRows }: BatchRecipe): void {
  if (!longRows) return;
  whole("batch.longRows.rowLength", longRows.rowLength, 2);
  if ((rows * rowLength) % longRows.rowLength !== 0) {
    throw new UsageError(
      `a step of ${rows} rows of ${rowLength} tokens does not fill rows of ${longRows.rowLength}: choose a divisor of ${rows * rowLength}`,
    );
  }
  const longCount = (rows * rowLength) / longRows.rowLength;
  if (longCount % parts !== 0) {
    throw new UsageError(`the ${longCount} long rows of a step cannot be computed in ${parts} equal parts: choose a divisor`);
  }
  if (!(longRows.from >= 0 && longRows.from <= 1)) {
    throw new UsageError(`batch.longRows.from is ${longRows.from}, expected a part of the run from 0 to 1`);
  }
}

/** @param steps of the whole run @throws UsageError for more steps of decay than there are */
export function scheduleOf(recipe: ScheduleRecipe, steps: number): Schedule {
  const warmup = Math.min(recipe.warmup, Math.floor(steps / 10));
  switch (recipe.kind) {
    case "cosine":
      return cosine({ ...recipe, warmup, steps });
    case "wsd":
      return warmupStableDecay({ ...recipe, warmup, steps });
    case "constant":
      return constant({ ...recipe, warmup });
  }
}

function whole(name: string, value: number, least = 1): void {
  if (!(Number.isSafeInteger(value) && value >= least)) {
    throw new UsageError(`${name} is ${value}, expected a whole number from ${least} on`);
  }
}

function positive(name: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0)) throw new UsageError(`${name} is ${value}, expected a number above 0`);
}
