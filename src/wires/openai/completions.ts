// Text completions: the events of answers as OpenAI's objects, whole or in chunks.
import type { Answering, AnswerToken, PromptReading, Usage } from "../../chat/answer.ts";
import type { Answer } from "../collect-answer.ts";
import { merge } from "../merge.ts";
import { newId } from "../new-id.ts";
import type { WireWords } from "../wire-words.ts";
import { allAnswers, answersTogether, completionUsage, finishReason, now } from "./chat.ts";
import type { CompletionUsage } from "./chat-types.ts";
import { completionLogprobs, offsetsFrom } from "./completion-logprobs.ts";
import type { CompletionRequest } from "./completion-request.ts";
import type { Completion, CompletionChoice, CompletionChunk, CompletionLogprobs } from "./completion-types.ts";
import { optionWords } from "./schemas.ts";

/** Prompts of one request that run at the same time: enough to fill the steps of the engine, few enough that other requests get their turn. */
const AT_ONCE = 16;

const words: WireWords = { options: optionWords, formats: {} };

type ChunkChoice = CompletionChunk["choices"][number];

/** More of a choice, or, after the choices of a prompt, what was counted. */
type Part = { readonly choice: ChunkChoice } | { readonly usage: CompletionUsage };

type Model = Answering & PromptReading;

/** @param name of the model, as the answer tells it */
export async function completion(model: Model, request: CompletionRequest, name: string, signal?: AbortSignal): Promise<Completion> {
  const choices: CompletionChoice[] = [];
  const usages: CompletionUsage[] = [];
  for await (const part of allParts(model, request, signal)) {
    if ("usage" in part) usages.push(part.usage);
    else add(choices, part.choice);
  }
  return { ...head(name), choices, usage: sum(usages) };
}

export async function* completionChunks(
  model: Model,
  request: CompletionRequest,
  name: string,
  signal?: AbortSignal,
): AsyncGenerator<CompletionChunk, void> {
  const fixed = head(name);
  const usages: CompletionUsage[] = [];
  for await (const part of allParts(model, request, signal)) {
    if ("usage" in part) usages.push(part.usage);
    else yield { ...fixed, choices: [part.choice], ...(request.includeUsage ? { usage: null } : {}) };
  }
  if (request.includeUsage) yield { ...fixed, choices: [], usage: sum(usages) };
}

function head(model: string): Pick<Completion, "id" | "object" | "created" | "model"> {
  return { id: newId("cmpl-"), object: "text_completion", created: now(), model };
}

function allParts(model: Model, request: CompletionRequest, signal?: AbortSignal): AsyncGenerator<Part, void> {
  return merge(
    request.prompts.map((_, at) => partsOf(model, request, at, signal)),
    AT_ONCE,
  );
}

/** All choices of one prompt. @param at which prompt */
async function* partsOf(model: Model, request: CompletionRequest, at: number, signal?: AbortSignal): AsyncGenerator<Part, void> {
  const { prompts, options, n, bestOf, echo, logprobs } = request;
  const prompt = prompts[at];
  const first = at * n;
  const part = (index: number, text: string, told: CompletionLogprobs | null, finish: ChunkChoice["finish_reason"] = null): Part => ({
    choice: { index: first + index, text, logprobs: told, finish_reason: finish },
  });
  /** Where the next token of each choice begins in its text. */
  let starts = new Array<number>(n).fill(0);

  const read = echo || !options ? await model.readPrompt(prompt, echo ? logprobs : undefined, signal) : undefined;
  if (read && echo) {
    const text = "text" in prompt ? prompt.text : read.text;
    const told =
      logprobs === undefined
        ? null
        : completionLogprobs(
            read.tokens,
            read.tokens.map(({ start }) => start),
          );
    for (let index = 0; index < n; index++) yield part(index, text, told);
    starts = starts.map(() => [...text].length);
  }
  if (read && !options) {
    for (let index = 0; index < n; index++) yield part(index, "", null, "length");
    yield { usage: completionUsage([{ promptTokens: read.tokens.length, cachedTokens: 0, generatedTokens: 0, reasoningTokens: 0 }]) };
    return;
  }

  const told = (index: number, tokens: readonly AnswerToken[]): CompletionLogprobs | null => {
    if (logprobs === undefined || tokens.length === 0) return null;
    const { offsets, end } = offsetsFrom(starts[index], tokens);
    starts[index] = end;
    return completionLogprobs(tokens, offsets);
  };
  if (bestOf > n) {
    const answers = await allAnswers(words, model, { prompt, options: { ...options, logprobs: logprobs ?? 0 } }, bestOf, signal);
    const best = answers.toSorted((a, b) => meanLogprob(b) - meanLogprob(a)).slice(0, n);
    for (const [index, { text, tokens, end }] of best.entries()) yield part(index, text, told(index, tokens), ending(end.reason));
    yield { usage: completionUsage(answers.map(({ end }) => end.usage)) };
    return;
  }
  const usages: Usage[] = [];
  for await (const { index, event } of answersTogether(words, model, { prompt, options }, n, signal)) {
    if (event.type === "text" && (event.text !== "" || event.tokens.length > 0)) yield part(index, event.text, told(index, event.tokens));
    if (event.type === "end") {
      usages[index] = event.usage;
      yield part(index, "", null, ending(event.reason));
    }
  }
  yield { usage: completionUsage(usages) };
}

/** A text is no call of a tool. */
function ending(reason: Answer["end"]["reason"]): CompletionChoice["finish_reason"] {
  return finishReason(reason) === "length" ? "length" : "stop";
}

function meanLogprob({ tokens }: Answer): number {
  return tokens.reduce((total, { logprob }) => total + logprob, 0) / tokens.length;
}

/** Puts more of a choice to what is there of it. */
function add(choices: CompletionChoice[], { index, text, logprobs, finish_reason }: ChunkChoice): void {
  choices[index] ??= { index, text: "", logprobs: null, finish_reason: "length" };
  const choice = choices[index];
  choice.text += text;
  if (finish_reason) choice.finish_reason = finish_reason;
  if (!logprobs) return;
  choice.logprobs ??= { tokens: [], token_logprobs: [], top_logprobs: [], text_offset: [] };
  choice.logprobs.tokens.push(...logprobs.tokens);
  choice.logprobs.token_logprobs.push(...logprobs.token_logprobs);
  choice.logprobs.top_logprobs.push(...logprobs.top_logprobs);
  choice.logprobs.text_offset.push(...logprobs.text_offset);
}

/** Of several prompts. */
function sum(usages: readonly CompletionUsage[]): CompletionUsage {
  const total = (of: (usage: CompletionUsage) => number): number => usages.reduce((before, usage) => before + of(usage), 0);
  return {
    prompt_tokens: total((usage) => usage.prompt_tokens),
    completion_tokens: total((usage) => usage.completion_tokens),
    total_tokens: total((usage) => usage.total_tokens),
    prompt_tokens_details: { cached_tokens: total((usage) => usage.prompt_tokens_details.cached_tokens) },
    completion_tokens_details: { reasoning_tokens: total((usage) => usage.completion_tokens_details.reasoning_tokens) },
  };
}
