// POST /v1/completions: from its body to what is asked of the model.
import * as v from "valibot";
import type { AnswerRequest, Prompt } from "../../chat/answer.ts";
import { MOST_ALTERNATIVES, MOST_ANSWERS, MOST_CHOICES } from "../limits.ts";
import { ParameterError, parseRequest } from "../request.ts";
import {
  checkStreamOptions,
  count,
  generateOptions,
  ignoredEntries,
  maybe,
  samplingEntries,
  streamOptions,
  textsOrIds,
  textsOrIdsOf,
} from "./schemas.ts";

/** OpenAI's: who wants more says so. */
const USUAL_MAX_TOKENS = 16;

export const completionSchema = v.strictObject({
  model: v.optional(v.string()),
  prompt: textsOrIds(MOST_CHOICES),
  ...samplingEntries,
  ...ignoredEntries,
  max_tokens: maybe(count(0)),
  n: maybe(count(1, MOST_ANSWERS)),
  best_of: maybe(count(1, MOST_ANSWERS)),
  echo: maybe(v.boolean()),
  logprobs: maybe(count(0, MOST_ALTERNATIVES)),
  stream: maybe(v.boolean()),
  stream_options: streamOptions,
  suffix: maybe(v.literal("", "expected none: this model continues a text, and cannot fill a gap in one")),
});

export type CompletionParams = v.InferInput<typeof completionSchema>;

export interface CompletionRequest {
  /** Undefined: the default one. */
  readonly model: string | undefined;
  readonly prompts: readonly Prompt[];
  /** For each of them; undefined: nothing is written, the prompt is only read. */
  readonly options: NonNullable<AnswerRequest["options"]> | undefined;
  /** How many answers to each prompt. */
  readonly n: number;
  /** How many are tried for that. */
  readonly bestOf: number;
  /** The answer begins with its prompt. */
  readonly echo: boolean;
  readonly logprobs: number | undefined;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

/** @throws ParameterError */
export function readCompletionRequest(body: unknown): CompletionRequest {
  const given = parseRequest(completionSchema, body);
  checkStreamOptions(given);
  const { n: asked, best_of, stream, stream_options } = given;
  const n = asked ?? 1;
  const bestOf = best_of ?? n;
  if (bestOf < n) throw new ParameterError(`best_of is ${bestOf}: expected at least n, which is ${n}`, "best_of");
  if (bestOf > n && stream)
    throw new ParameterError(`best_of is ${bestOf}: expected n, ${n}, in a stream, which cannot wait for the best`, "best_of");
  const prompts = textsOrIdsOf(given.prompt).map(promptOf);
  if (prompts.length * bestOf > MOST_CHOICES) {
    throw new ParameterError(`${prompts.length} prompts ask for ${bestOf} answers each: expected at most ${MOST_CHOICES} in all`, "prompt");
  }
  const logprobs = given.logprobs ?? undefined;
  const maxTokens = given.max_tokens ?? USUAL_MAX_TOKENS;
  return {
    model: given.model,
    prompts,
    options: maxTokens === 0 ? undefined : { ...generateOptions(given), maxTokens, ...(logprobs === undefined ? {} : { logprobs }) },
    n,
    bestOf,
    echo: given.echo ?? false,
    logprobs,
    stream: stream ?? false,
    includeUsage: stream_options?.include_usage ?? false,
  };
}

/** Clients of this path put conversations into templates themselves. */
function promptOf(given: string | readonly number[]): Prompt {
  return typeof given === "string" ? { text: given, parseSpecial: true } : { ids: given };
}
