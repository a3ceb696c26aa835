// POST /completion: llama.cpp's own request for a continuation. As there, unknown parameters are left out; those that are known there and would change the
// answer here are refused by name, unless they ask for nothing.
import * as v from "valibot";
import type { AnswerRequest } from "../../chat/answer.ts";
import type { OutputFormat } from "../../generate/output-format.ts";
import { eitherFormat } from "../either-format.ts";
import { MOST_ALTERNATIVES, MOST_STOPS } from "../limits.ts";
import { listOf, textOr, tokenIds } from "../lists.ts";
import { ParameterError, parseRequest } from "../request.ts";
import { seedOf, seedSchema } from "../seed.ts";
import { withoutNulls } from "../without-nulls.ts";

const number = v.optional(v.number());
const integer = v.optional(v.pipe(v.number(), v.integer()));

export const completionSchema = v.object({
  model: v.optional(v.string()),
  prompt: textOr(tokenIds(), "expected a text, or a list of token ids"),
  stream: v.optional(v.boolean()),
  /** -1: until the model ends; -2: until the context is full; 0: the prompt is read, and nothing written. */
  n_predict: v.optional(v.pipe(v.number(), v.integer(), v.minValue(-2))),
  temperature: number,
  top_k: integer,
  top_p: number,
  min_p: number,
  typical_p: number,
  repeat_penalty: number,
  repeat_last_n: v.optional(v.pipe(v.number(), v.integer(), v.minValue(-1))),
  presence_penalty: number,
  frequency_penalty: number,
  mirostat: v.optional(v.picklist([0, 2], "expected 0, off, or 2, the second version")),
  mirostat_tau: v.optional(v.number(), 5),
  mirostat_eta: v.optional(v.number(), 0.1),
  grammar: v.optional(v.string()),
  json_schema: v.optional(v.record(v.string(), v.unknown())),
  seed: v.optional(seedSchema),
  ignore_eos: v.optional(v.boolean()),
  stop: v.optional(textOr(listOf(v.string(), MOST_STOPS))),
  logit_bias: v.optional(
    v.union([
      v.array(v.tuple([v.pipe(v.number(), v.integer(), v.minValue(0)), v.union([v.number(), v.literal(false)])])),
      v.record(v.pipe(v.string(), v.digits("expected the id of a token")), v.union([v.number(), v.literal(false)])),
    ]),
  ),
  n_probs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MOST_ALTERNATIVES))),
  return_tokens: v.optional(v.boolean()),
});

/** llama.cpp's parameters that cria does not have, with the value that asks for nothing. */
const absent: Readonly<Record<string, unknown>> = {
  dynatemp_range: 0,
  dry_multiplier: 0,
  xtc_probability: 0,
  top_n_sigma: -1,
  n_indent: 0,
  min_keep: 0,
  n_keep: 0,
  t_max_predict_ms: 0,
  post_sampling_probs: false,
  n_cmpl: 1,
};

export interface NativeCompletionRequest {
  readonly model: string | undefined;
  readonly request: AnswerRequest;
  readonly stream: boolean;
  /** The prompt is read, and nothing is told. */
  readonly silent: boolean;
  readonly returnTokens: boolean;
  /** Alternatives to each token that are told; 0: none, and no probabilities. */
  readonly alternatives: number;
}

/** @throws ParameterError */
export function readCompletionRequest(body: unknown): NativeCompletionRequest {
  const given = parseRequest(completionSchema, body);
  const foreign = body as Record<string, unknown>;
  for (const [name, nothing] of Object.entries(absent)) {
    if (Object.hasOwn(foreign, name) && foreign[name] !== nothing) {
      throw new ParameterError(`${name} is ${JSON.stringify(foreign[name])}: cria does not have it, expected ${nothing}, or nothing`, name);
    }
  }
  for (const name of ["lora", "samplers", "response_fields", "input_extra"]) {
    const list = foreign[name];
    if (Array.isArray(list) && list.length > 0) throw new ParameterError(`${name} was given: cria does not have it, leave it out`, name);
  }
  const { prompt, n_predict = -1, n_probs = 0, return_tokens = false, stream = false, repeat_last_n, seed, temperature } = given;
  return {
    model: given.model,
    request: {
      prompt: typeof prompt === "string" ? { text: prompt, parseSpecial: true } : { ids: prompt },
      options: withoutNulls({
        maxTokens: n_predict < 0 ? undefined : Math.max(1, n_predict),
        temperature: temperature === undefined ? undefined : Math.max(0, temperature), // below 0 is the likeliest, too
        ...(given.mirostat === 2 ? { mirostat: { tau: given.mirostat_tau, eta: given.mirostat_eta } } : cuts(given)),
        repetitionPenalty: given.repeat_penalty,
        repetitionWindow: repeat_last_n === -1 ? Number.POSITIVE_INFINITY : repeat_last_n,
        presencePenalty: given.presence_penalty,
        frequencyPenalty: given.frequency_penalty,
        logitBias: biases(given.logit_bias ?? []),
        seed: seedOf(seed),
        ignoreEos: given.ignore_eos || n_predict === -2 || undefined,
        stop: given.stop,
        logprobs: n_probs > 0 || return_tokens ? n_probs : undefined,
        format: formatOf(given),
      }),
    },
    stream,
    silent: n_predict === 0,
    returnTokens: return_tokens,
    alternatives: n_probs,
  };
}

type Given = v.InferOutput<typeof completionSchema>;

function cuts({ top_k, top_p, min_p, typical_p }: Given): object {
  return {
    topK: top_k === undefined ? undefined : Math.max(0, top_k),
    topP: top_p === undefined ? undefined : Math.max(0, top_p),
    minP: min_p,
    typicalP: typical_p,
  };
}

function biases(given: NonNullable<Given["logit_bias"]>): Record<number, number> | undefined {
  const entries = Array.isArray(given) ? given : Object.entries(given);
  return entries.length === 0 ? undefined : Object.fromEntries(entries.map(([id, bias]) => [id, bias === false ? -Infinity : bias]));
}

function formatOf({ grammar, json_schema }: Given): OutputFormat | undefined {
  return eitherFormat(grammar, "json_schema", json_schema && { kind: "schema", schema: json_schema });
}
