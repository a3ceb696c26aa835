// What OpenAI's requests have in common: how the next token is drawn, what a tool is. Beside OpenAI's own parameters stand those that llama.cpp and vLLM
// added to this wire, by their names there.
import * as v from "valibot";
import { parsedArguments } from "../../chat/tool-calls/parsed-arguments.ts";
import type { GenerateOptions } from "../../generate/generate.ts";
import { MOST_IDS, MOST_STOPS } from "../limits.ts";
import { listOf, textOr, tokenIds } from "../lists.ts";
import { ParameterError } from "../request.ts";
import { seedOf, seedSchema } from "../seed.ts";
import { usualNames, type WireWords } from "../wire-words.ts";
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
  logit_bias: maybe(
    v.pipe(
      v.record(v.string(), between(-100, 100)),
      // Number() reads more than that: "" is 0, "0x10" is 16.
      v.check((biases) => Object.keys(biases).every((id) => /^\d+$/.test(id)), "expected token ids, in digits, as names"),
    ),
  ),
  seed: maybe(seedSchema),
  stop: maybe(textOr(listOf(v.string(), MOST_STOPS))),
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
  const { stop, logit_bias } = given;
  return withoutNulls({
    temperature: given.temperature,
    topK: given.top_k,
    topP: given.top_p,
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

/** What is wrong with an option is said by these names. */
export const optionWords: WireWords["options"] = { ...usualNames, maxTokens: "max_tokens" };

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
  v.check((text) => text === "" || parsedArguments(text) !== undefined, "is not the JSON text of an object"),
);

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

/** As OpenAI does. @throws ParameterError */
export function checkStreamOptions({ stream, stream_options }: { stream?: boolean | null; stream_options?: object | null }): void {
  if (!stream_options || stream) return;
  throw new ParameterError("stream_options was given without stream: set stream to true, or leave it out", "stream_options");
}

/** What text that is JSON has to be. */
export const jsonSchemaEntries = {
  name: v.string(),
  description: maybe(v.string()),
  schema: v.record(v.string(), v.unknown()),
  strict: maybe(v.boolean()),
} as const;

export const reasoningEffort = v.picklist(["none", "minimal", "low", "medium", "high", "xhigh", "max"]);

const ids = tokenIds(1);

/** A text or the ids of one, or a list of one kind of them. @param most texts */
export function textsOrIds(most: number) {
  const texts = listOf(v.string(), most, 1);
  const idLists = v.pipe(
    listOf(ids, most, 1),
    v.check((lists) => lists.reduce((sum, { length }) => sum + length, 0) <= MOST_IDS, `expected at most ${MOST_IDS} token ids in all`),
  );
  const list = v.pipe(
    v.custom<string[] | number[] | number[][]>(Array.isArray),
    v.minLength(1),
    v.check(
      (all) => (all as unknown[]).every((each) => typeof each === typeof all[0]),
      "expected texts, token ids or lists of token ids, not a mixture",
    ),
    v.lazy((given): typeof texts | typeof ids | typeof idLists => {
      const [first] = given as unknown[];
      if (typeof first === "string") return texts;
      return typeof first === "number" ? ids : idLists;
    }),
  );
  return textOr(list, "expected a text, token ids, or a list of one kind of them");
}

export function textsOrIdsOf(given: string | readonly (string | number | number[])[]): (string | number[])[] {
  if (typeof given === "string") return [given];
  const flat = given.filter((each) => typeof each === "number");
  return flat.length > 0 ? [flat] : given.filter((each) => typeof each !== "number");
}
