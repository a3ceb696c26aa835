// What OpenAI's requests have in common: how the next token is drawn, what a tool is. Beside OpenAI's own parameters stand those that llama.cpp and vLLM
// added to this wire, by their names there.
import * as v from "valibot";
import type { GenerateOptions } from "../../generate/generate.ts";
import { seedOf, seedSchema } from "../seed.ts";
import { withoutNulls } from "../without-nulls.ts";

/** Absent and null are the same in this wire. */
export function maybe<const S extends v.GenericSchema>(schema: S): v.NullishSchema<S, undefined> {
  return v.nullish(schema);
}

const between = (least: number, most: number) => v.pipe(v.number(), v.minValue(least), v.maxValue(most));
export const count = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const fraction = between(0, 1);

export const samplingEntries = {
  temperature: maybe(between(0, 2)),
  top_p: maybe(fraction),
  frequency_penalty: maybe(between(-2, 2)),
  presence_penalty: maybe(between(-2, 2)),
  logit_bias: maybe(v.record(v.string(), between(-100, 100))),
  seed: maybe(seedSchema),
  stop: maybe(v.union([v.string(), v.pipe(v.array(v.string()), v.maxLength(16))])),
  max_tokens: maybe(count(1)),
  // of llama.cpp and vLLM
  top_k: maybe(count(0)),
  min_p: maybe(fraction),
  typical_p: maybe(fraction),
  repeat_penalty: maybe(v.pipe(v.number(), v.gtValue(0))),
  repeat_last_n: maybe(count(0)),
  ignore_eos: maybe(v.boolean()),
} as const;

const samplingSchema = v.object(samplingEntries);

/** What is left out takes cria's own defaults, which are llama.cpp's. */
export function generateOptions(given: v.InferOutput<typeof samplingSchema>): Omit<GenerateOptions, "signal"> {
  const { top_p, stop, logit_bias } = given;
  return withoutNulls({
    temperature: given.temperature,
    topK: given.top_k,
    topP: top_p === 0 ? Number.MIN_VALUE : top_p, // only the likeliest token
    minP: given.min_p,
    typicalP: given.typical_p,
    repetitionPenalty: given.repeat_penalty,
    repetitionWindow: given.repeat_last_n,
    frequencyPenalty: given.frequency_penalty,
    presencePenalty: given.presence_penalty,
    logitBias: logit_bias && Object.fromEntries(Object.entries(logit_bias).map(([id, bias]) => [id, bias <= -100 ? -Infinity : bias])),
    seed: seedOf(given.seed),
    maxTokens: given.max_tokens,
    stop,
    ignoreEos: given.ignore_eos,
  });
}

/** OpenAI's parameters that ask for nothing that a model here could do or leave undone: taken, and without effect. */
export const ignoredEntries = {
  user: maybe(v.string()),
  store: maybe(v.boolean()),
  metadata: maybe(v.record(v.string(), v.string())),
  service_tier: maybe(v.string()),
  safety_identifier: maybe(v.string()),
  prompt_cache_key: maybe(v.string()),
  prompt_cache_options: v.optional(v.unknown()),
  prompt_cache_retention: maybe(v.string()),
  /** llama.cpp's: prompts are always cached here. */
  cache_prompt: maybe(v.boolean()),
} as const;

/** OpenAI's parameters that would change the answer, and that cannot be had here. */
export const refused = (why: string) => maybe(v.never(`expected none: ${why}`));

export const functionName = v.pipe(v.string(), v.regex(/^[a-zA-Z0-9_.-]{1,64}$/, "expected 1 to 64 letters, digits, _, - and ."));
export const functionOnly = v.literal("function", 'expected "function": other kinds of tools run at OpenAI');

/** Of a call that was made. Some programs send an empty text for none. */
export const callArguments = v.pipe(
  v.string("expected the arguments as JSON text"),
  v.check((text) => text === "" || isObjectText(text), "is not the JSON text of an object"),
);

function isObjectText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

export const toolSchema = v.strictObject({
  type: functionOnly,
  function: v.strictObject({
    name: functionName,
    description: maybe(v.string()),
    parameters: maybe(v.record(v.string(), v.unknown())),
    strict: maybe(v.boolean()),
  }),
});

export const streamOptions = maybe(v.strictObject({ include_usage: maybe(v.boolean()), include_obfuscation: maybe(v.boolean()) }));

/** What text that is JSON has to be. */
export const jsonSchemaEntries = {
  name: v.string(),
  description: maybe(v.string()),
  schema: v.record(v.string(), v.unknown()),
  strict: maybe(v.boolean()),
} as const;

export const reasoningEffort = v.picklist(["none", "minimal", "low", "medium", "high", "xhigh", "max"]);

const ids = v.pipe(v.array(count(0)), v.minLength(1));
const textOrIds = v.union([v.string(), count(0), ids], "expected a text, a token id or a list of token ids");

/** A text or the ids of one, or a list of one kind of them. */
export const textsOrIds = v.union([
  v.string(),
  v.pipe(
    v.array(textOrIds),
    v.minLength(1),
    v.check(
      (parts) => parts.every((each) => typeof each === typeof parts[0]),
      "expected texts, token ids or lists of token ids, not a mixture",
    ),
  ),
]);

export function textsOrIdsOf(given: v.InferOutput<typeof textsOrIds>): (string | number[])[] {
  if (typeof given === "string") return [given];
  const flat = given.filter((each) => typeof each === "number");
  return flat.length > 0 ? [flat] : given.filter((each) => typeof each !== "number");
}
