// What cannot be trained is said before anything is read.
import { describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { presets } from "../model/presets/index.ts";
import { checkRecipe, type Recipe, scheduleOf } from "./recipe.ts";

const { vocabSize: _, ...model } = presets.tiny_llama;

const recipe: Recipe = {
  name: "tiny",
  documents: async function* () {},
  tokenizer: { train: { vocabSize: 300 } },
  model,
  batch: { rows: 4, rowLength: 16 },
  length: { epochs: 1 },
  schedule: { kind: "cosine", peak: 1e-3, least: 1e-4, warmup: 2 },
  adamW: { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 },
  clip: 1,
  validation: { every: 10, rows: 4, rowLength: 16 },
  checkpointEvery: 10,
  seed: 1,
};

describe("a recipe", () => {
  it("passes as it is", () => {
    expect(checkRecipe(recipe)).toBe(recipe);
  });

  it.each<[unknown, RegExp]>([
    [undefined, /the recipe is undefined, expected an object/],
    [{ name: "x" }, /the recipe has no documents: docs\/training.md shows a whole one/],
    [{ ...recipe, model: { dim: 8 } }, /the recipe's model has no family/],
    [{ ...recipe, documents: ["text"] }, /documents are no function/],
    [{ ...recipe, length: null }, /the recipe's length is null, expected an object/],
    [{ ...recipe, name: 5 }, /the recipe's name is 5, expected a text/],
    [{ ...recipe, tokenizer: {} }, /tokenizer has neither train nor open/],
    [{ ...recipe, schedule: { kind: "linear", peak: 1, warmup: 0 } }, /schedule.kind is "linear", expected/],
    [{ ...recipe, schedule: { ...recipe.schedule, least: 1 } }, /schedule.least is 1, expected a number from 0 to the peak/],
  ])("is told what it lacks, as %o", (given, message) => {
    expect(() => checkRecipe(given as Recipe)).toThrow(message);
  });

  it.each<[string, Partial<Recipe>, RegExp]>([
    ["a name that is no folder's", { name: "../up" }, /"..\/up": expected a name of lower-case letters/],
    ["heads that do not divide", { model: { ...model, dim: 50, headDim: 50 / 4 } }, /dim of 50 cannot be shared by 4 heads/],
    ["key/value heads that do not divide", { model: { ...model, nKvHeads: 3 } }, /nHeads 4 is not a multiple of nKvHeads 3/],
    ["no rows", { batch: { rows: 0, rowLength: 16 } }, /batch.rows is 0, expected a whole number from 1 on/],
    ["rows longer than the model sees", { batch: { rows: 1, rowLength: 128 } }, /rows of 128 tokens, and a model for 64/],
    ["parts that do not divide", { batch: { rows: 4, rowLength: 16, parts: 3 } }, /4 rows cannot be computed in 3 equal parts/],
    [
      "long rows that do not fill a step",
      { batch: { rows: 4, rowLength: 16, longRows: { rowLength: 48, from: 0.5 } } },
      /does not fill rows of 48: choose a divisor of 64/,
    ],
    ["no length", { length: { epochs: 0 } }, /length.epochs is 0, expected a number above 0/],
    ["a beta that forgets nothing", { adamW: { ...recipe.adamW, beta2: 1 } }, /beta of AdamW is 1/],
    ["a learning rate that is none", { schedule: { ...recipe.schedule, peak: Number.NaN } }, /schedule.peak is NaN/],
  ])("is refused with %s", (_name, change, message) => {
    const check = (): Recipe => checkRecipe({ ...recipe, ...change });
    expect(check).toThrow(UsageError);
    expect(check).toThrow(message);
  });

  it("warms up for a tenth of a short run at most", () => {
    const cosine = { kind: "cosine", peak: 1, least: 0, warmup: 10 } as const;
    const steepest = (steps: number): number => Array.from({ length: steps }, (_, step) => scheduleOf(cosine, steps)(step)).indexOf(1);
    expect([steepest(30), steepest(1000)]).toEqual([2, 9]);
  });
});
