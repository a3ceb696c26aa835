// Ollama's `options`: how the next token is drawn, how much is written. Those that choose hardware or buffers change no answer and are ignored, as are
// names that nobody knows: Ollama does the same.
import * as v from "valibot";
import type { GenerateOptions } from "../../generate/generate.ts";
import { MOST_STOPS } from "../limits.ts";
import { listOf, textOr } from "../lists.ts";
import { seedOf, seedSchema } from "../seed.ts";
import { usualNames, type WireWords } from "../wire-words.ts";
import { withoutNulls } from "../without-nulls.ts";

const number = v.nullish(v.number());
const from0 = v.nullish(v.pipe(v.number(), v.minValue(0)));
const integer = v.nullish(v.pipe(v.number(), v.safeInteger("expected a whole number")));

export const optionEntries = {
  num_ctx: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1))),
  num_predict: integer,
  seed: v.nullish(seedSchema),
  stop: v.nullish(textOr(listOf(v.string(), MOST_STOPS), "expected a list of texts")),
  temperature: from0,
  top_k: integer,
  top_p: from0,
  min_p: from0,
  typical_p: from0,
  repeat_penalty: v.nullish(v.pipe(v.number(), v.gtValue(0, "expected a number above 0"))),
  repeat_last_n: integer,
  presence_penalty: number,
  frequency_penalty: number,
  mirostat: v.nullish(v.picklist([0, 2], "expected 0, off, or 2: version 1 is not there")),
  mirostat_tau: from0,
  mirostat_eta: from0,
} as const;

export const optionsSchema = v.nullish(v.object(optionEntries));

export type OllamaOptions = NonNullable<v.InferOutput<typeof optionsSchema>>;

/** What is wrong with an option is said by these names. */
export const words: WireWords = {
  options: { ...usualNames, maxTokens: "num_predict" },
  formats: { schema: "format", grammar: "grammar" },
  parameters: "function.parameters",
};

/** What is left out takes cria's own defaults, which are llama.cpp's. */
export function generateOptions(given: OllamaOptions | null | undefined): Omit<GenerateOptions, "signal"> {
  if (!given) return {};
  const { num_predict, seed, stop, repeat_last_n } = given;
  const asked = withoutNulls({
    ...(given.mirostat === 2 ? { mirostat: { tau: given.mirostat_tau ?? 5, eta: given.mirostat_eta ?? 0.1 } } : cutsOf(given)),
    temperature: given.temperature,
    repetitionPenalty: given.repeat_penalty,
    repetitionWindow: typeof repeat_last_n === "number" && repeat_last_n < 0 ? Number.POSITIVE_INFINITY : repeat_last_n,
    presencePenalty: given.presence_penalty,
    frequencyPenalty: given.frequency_penalty,
    seed: seedOf(seed),
    maxTokens: num_predict,
    stop,
  });
  // What asks for nothing is told as nothing, and not left out: it stands before what a model was made with.
  return {
    ...asked,
    ...(given.mirostat === 0 ? { mirostat: undefined } : {}),
    // -1 stands for another seed each time, and for no limit.
    ...(seed === -1 ? { seed: undefined } : {}),
    ...(typeof num_predict === "number" && num_predict <= 0 ? { maxTokens: undefined } : {}),
    ...(stop?.length === 0 ? { stop: undefined } : {}),
  };
}

/** What mirostat replaces. Values beyond a range mean its end. */
function cutsOf({ top_k, top_p, min_p, typical_p }: OllamaOptions): Pick<GenerateOptions, "topK" | "topP" | "minP" | "typicalP"> {
  const share = (p: number | null | undefined): number | undefined => (typeof p === "number" ? Math.min(1, p) : undefined);
  return {
    topK: typeof top_k === "number" ? Math.max(0, top_k) : undefined,
    topP: share(top_p),
    minP: typeof min_p === "number" ? Math.min(1, min_p) : undefined,
    typicalP: share(typical_p),
  };
}
