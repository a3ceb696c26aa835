// llama.cpp's own answers to /completion: the events of an answer as one object, or as one for each piece of text.
import type { AnswerEnd, Answering, AnswerToken, EndReason, NamedToken } from "../../chat/answer.ts";
import { collectAnswer } from "../collect-answer.ts";
import { answerIn, usualNames, type WireWords } from "../wire-words.ts";
import type { NativeCompletionRequest } from "./completion-request.ts";

const words: WireWords = {
  options: { ...usualNames, maxTokens: "n_predict" },
  formats: { schema: "json_schema", grammar: "grammar" },
};

export async function nativeCompletion(
  answering: Answering,
  { request, silent, returnTokens, alternatives }: NativeCompletionRequest,
  model: string,
  signal?: AbortSignal,
): Promise<object> {
  const { text, tokens, end } = await collectAnswer(answerIn(words, answering, request, signal));
  return {
    index: 0,
    content: silent ? "" : text,
    tokens: returnTokens && !silent ? tokens.map(({ id }) => id) : [],
    ...probabilities(silent ? [] : tokens, alternatives),
    ...summary(end, model, silent),
  };
}

export async function* nativeChunks(
  answering: Answering,
  { request, silent, returnTokens, alternatives }: NativeCompletionRequest,
  model: string,
  signal?: AbortSignal,
): AsyncGenerator<object, void> {
  for await (const event of answerIn(words, answering, request, signal)) {
    if (event.type === "end") {
      yield { index: 0, content: "", tokens: [], ...summary(event, model, silent) };
    } else if (event.type === "text" && !silent && (event.text !== "" || event.tokens.length > 0)) {
      const ids = returnTokens ? event.tokens.map(({ id }) => id) : [];
      yield { index: 0, content: event.text, tokens: ids, stop: false, ...probabilities(event.tokens, alternatives) };
    }
  }
}

/** What stands in the last object only. */
function summary({ reason, stop, usage, seed, milliseconds }: AnswerEnd, model: string, silent: boolean): object {
  const { promptTokens, cachedTokens } = usage;
  const generated = silent ? 0 : usage.generatedTokens;
  return {
    stop: true,
    id_slot: -1,
    model,
    tokens_predicted: generated,
    tokens_evaluated: promptTokens,
    tokens_cached: cachedTokens,
    generation_settings: { seed },
    stop_type: stopType(reason),
    stopping_word: stop ?? "",
    truncated: reason === "context",
    timings: {
      cache_n: cachedTokens,
      ...rate("prompt", promptTokens - cachedTokens, milliseconds.prompt),
      ...rate("predicted", generated, milliseconds.generation),
    },
  };
}

function stopType(reason: EndReason): "eos" | "word" | "limit" {
  return reason === "stop" ? "word" : reason === "length" || reason === "context" ? "limit" : "eos";
}

function rate(what: "prompt" | "predicted", tokens: number, milliseconds: number): Record<string, number> {
  return {
    [`${what}_n`]: tokens,
    [`${what}_ms`]: milliseconds,
    [`${what}_per_token_ms`]: tokens === 0 ? 0 : milliseconds / tokens,
    [`${what}_per_second`]: milliseconds === 0 ? 0 : (1000 * tokens) / milliseconds,
  };
}

function probabilities(tokens: readonly AnswerToken[], alternatives: number): { completion_probabilities?: object[] } {
  if (alternatives === 0) return {};
  return { completion_probabilities: tokens.map((token) => ({ ...named(token), top_logprobs: token.top.map(named) })) };
}

function named({ id, text, bytes, logprob }: NamedToken): object {
  return { id, token: text, bytes, logprob };
}
