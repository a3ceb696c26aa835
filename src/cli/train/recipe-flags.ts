// The values of a recipe that flags change.
import * as v from "valibot";
import { UsageError } from "../../errors.ts";
import type { Recipe, TokenizerRecipe } from "../../train/recipe.ts";
import type { Flags, Values } from "../flags.ts";
import { whole } from "../flags.ts";

const number = v.optional(v.pipe(v.number(), v.gtValue(0)));
const count = v.optional(whole(1));

export const recipeFlags = {
  data: {
    schema: v.optional(v.array(v.string()), []),
    value: "SOURCE",
    help: "A file, a folder or a pattern to learn from; may be given several times",
  },
  name: { schema: v.optional(v.string()), value: "NAME", help: "Of the run and of the model" },
  tokenizer: { schema: v.optional(v.string()), value: "DIR", help: "A tokenizer that is there, instead of one trained on the data" },
  vocabSize: { schema: count, value: "N", help: "Entries of the tokenizer that is trained" },
  dim: { schema: count, value: "N", help: "Width of the model" },
  layers: { schema: count, value: "N", help: "Blocks of the model" },
  heads: { schema: count, value: "N", help: "Query heads; the dim is a multiple of it" },
  kvHeads: { schema: count, value: "N", help: "Key/value heads, which query heads share" },
  hiddenDim: { schema: count, value: "N", help: "Width inside the feed-forward network" },
  rows: { schema: count, value: "N", help: "Rows of a batch" },
  rowLength: { schema: count, value: "N", help: "Tokens of a row: as far as the model learns to look back" },
  parts: { schema: count, value: "N", help: "Compute a batch in so many parts: less memory" },
  epochs: { schema: number, value: "X", help: "Passes over the data" },
  steps: { schema: count, value: "N", help: "Instead: steps of the whole run" },
  learningRate: { schema: number, value: "X", help: "The highest one; what the schedule ends with follows" },
  warmup: { schema: v.optional(whole(0)), value: "N", help: "Steps in which it grows, a tenth of the run at most" },
  validateEvery: { schema: count, value: "N", help: "Steps between two measurements" },
  checkpointEvery: { schema: count, value: "N", help: "Steps between two checkpoints" },
  seed: { schema: v.optional(v.pipe(v.number(), v.safeInteger())), value: "N", help: "Of the first weights and of the order of the data" },
} as const satisfies Flags;

/** @throws UsageError for flags of which one would be without effect */
export function overridden(recipe: Recipe, values: Values<typeof recipeFlags>): Recipe {
  const { name = recipe.name, tokenizer, vocabSize, dim, layers, heads, kvHeads, hiddenDim, epochs, steps, learningRate, warmup } = values;
  const { rows, rowLength, parts, validateEvery, checkpointEvery = recipe.checkpointEvery, seed = recipe.seed } = values;
  if (steps !== undefined && epochs !== undefined) throw new UsageError("--steps and --epochs were given: leave one of them out");
  const opened = tokenizer !== undefined || "open" in recipe.tokenizer;
  if (vocabSize !== undefined && opened) {
    throw new UsageError("--vocab-size was given, and a tokenizer that is there: only one that is trained has a size to choose");
  }
  const sizes = { dim, nLayers: layers, nHeads: heads, nKvHeads: kvHeads, hiddenDim };
  const model = { ...recipe.model, ...given(sizes) };
  // A change of the width or of the heads goes to the heads' width.
  if (dim !== undefined || heads !== undefined) model.headDim = model.dim / model.nHeads;
  if (rowLength !== undefined) model.maxSeqLen = Math.max(rowLength, recipe.batch.longRows?.rowLength ?? 0);
  // The end of the schedule keeps its distance to the peak.
  const { schedule } = recipe;
  const least = learningRate !== undefined && "least" in schedule ? (schedule.least / schedule.peak) * learningRate : undefined;
  return {
    ...recipe,
    ...(values.data.length > 0 && { data: values.data }),
    name,
    seed,
    model,
    checkpointEvery,
    validation: { ...recipe.validation, ...given({ every: validateEvery, rowLength }) },
    tokenizer: tokenizer !== undefined ? { open: tokenizer } : withSize(recipe.tokenizer, vocabSize),
    batch: { ...recipe.batch, ...given({ rows, rowLength, parts }) },
    length: steps !== undefined ? { steps } : epochs !== undefined ? { epochs } : recipe.length,
    schedule: { ...schedule, ...given({ peak: learningRate, least, warmup }) },
  };
}

function withSize(tokenizer: TokenizerRecipe, vocabSize: number | undefined): TokenizerRecipe {
  if (vocabSize === undefined || !("train" in tokenizer)) return tokenizer;
  return { ...tokenizer, train: { ...tokenizer.train, vocabSize } };
}

/** Only what was given. */
function given<R extends Record<string, unknown>>(values: R): { [K in keyof R]?: NonNullable<R[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof R]?: NonNullable<R[K]> };
}
