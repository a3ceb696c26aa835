// Chat completions: the events of answers as OpenAI's objects, whole or in chunks.
import type { AnswerEvent, Answering, AnswerRequest, AnswerToken, ChatPrompt, EndReason, NamedToken, Usage } from "../../chat/answer.ts";
import { type Answer, collectAnswer } from "../collect-answer.ts";
import { merge } from "../merge.ts";
import { newId } from "../new-id.ts";
import { answerIn, type WireWords } from "../wire-words.ts";
import type { ChatRequest } from "./chat-request.ts";
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatDelta,
  ChatLogprobs,
  ChatTokenLogprob,
  CompletionUsage,
  FinishReason,
  TokenLogprob,
} from "./chat-types.ts";
import { optionWords } from "./schemas.ts";

const words: WireWords = {
  options: optionWords,
  formats: { schema: "response_format.json_schema.schema", regex: "response_format.pattern", grammar: "response_format.grammar" },
  parameters: "function.parameters",
};

/** @param model its name, as the answer tells it */
export async function chatCompletion(
  answering: Answering,
  { request, n }: ChatRequest,
  model: string,
  signal?: AbortSignal,
): Promise<ChatCompletion> {
  const answers = await allAnswers(words, answering, request, n, signal);
  return {
    id: newId("chatcmpl-"),
    object: "chat.completion",
    created: now(),
    model,
    choices: answers.map((answer, index) => ({
      index,
      message: {
        role: "assistant",
        content: answer.text === "" && (answer.toolCalls.length > 0 || isCall(request)) ? null : answer.text,
        refusal: null,
        ...(answer.reasoning === "" ? {} : { reasoning_content: answer.reasoning }),
        ...(answer.toolCalls.length === 0
          ? {}
          : {
              tool_calls: answer.toolCalls.map(({ id, name, arguments: text }) => ({
                id,
                type: "function" as const,
                function: { name, arguments: text },
              })),
            }),
      },
      logprobs: request.options?.logprobs === undefined ? null : chatLogprobs(answer.tokens),
      finish_reason: finishReason(answer.end.reason),
    })),
    usage: completionUsage(answers.map(({ end }) => end.usage)),
  };
}

export async function* chatChunks(
  answering: Answering,
  { request, n, includeUsage }: ChatRequest,
  model: string,
  signal?: AbortSignal,
): AsyncGenerator<ChatCompletionChunk, void> {
  const head = { id: newId("chatcmpl-"), object: "chat.completion.chunk", created: now(), model } as const;
  const usages: Usage[] = [];
  const content = isCall(request) ? null : "";
  const chunk = (index: number, delta: ChatDelta, tokens?: readonly AnswerToken[]): ChatCompletionChunk => ({
    ...head,
    choices: [{ index, delta, logprobs: tokens?.length ? chatLogprobs(tokens) : null, finish_reason: null }],
    ...(includeUsage ? { usage: null } : {}),
  });
  for await (const { index, event } of answersTogether(words, answering, request, n, signal)) {
    switch (event.type) {
      case "prompt":
        yield chunk(index, { role: "assistant", content });
        break;
      case "text":
        if (event.text !== "" || event.tokens.length > 0) yield chunk(index, { content: event.text }, event.tokens);
        break;
      case "reasoning":
        if (event.text !== "") yield chunk(index, { reasoning_content: event.text });
        break;
      case "toolCall": {
        const call = { index: event.index, id: event.id, type: "function" as const, function: { name: event.name, arguments: "" } };
        yield chunk(index, { tool_calls: [call] });
        break;
      }
      case "toolArguments":
        yield chunk(index, { tool_calls: [{ index: event.index, function: { arguments: event.text } }] });
        break;
      case "end": {
        usages[index] = event.usage;
        const last = chunk(index, {});
        last.choices[0].finish_reason = finishReason(event.reason);
        yield last;
      }
    }
  }
  if (includeUsage) yield { ...head, choices: [], usage: completionUsage(usages) };
}

/** Whether the answer has to be a call: then it has no text, also where it is cut off before the call has a name. */
function isCall({ prompt }: AnswerRequest): boolean {
  const { toolChoice } = prompt as Partial<ChatPrompt>;
  return toolChoice === "required" || typeof toolChoice === "object";
}

/** All answers to one request. The first one reads the prompt, the others find it in the cache. */
export async function* answersTogether(
  wireWords: WireWords,
  answering: Answering,
  request: AnswerRequest,
  n: number,
  signal?: AbortSignal,
): AsyncGenerator<{ index: number; event: AnswerEvent }, void> {
  const numbered = async function* (index: number): AsyncGenerator<{ index: number; event: AnswerEvent }, void> {
    for await (const event of answerIn(wireWords, answering, seeded(request, index), signal)) yield { index, event };
  };
  const first = numbered(0);
  try {
    const { value, done } = await first.next();
    if (done) return;
    yield value;
    yield* merge([first, ...Array.from({ length: n - 1 }, (_, i) => numbered(i + 1))]);
  } finally {
    await first.return();
  }
}

export async function allAnswers(
  wireWords: WireWords,
  answering: Answering,
  request: AnswerRequest,
  n: number,
  signal?: AbortSignal,
): Promise<Answer[]> {
  const events: AnswerEvent[][] = Array.from({ length: n }, () => []);
  for await (const { index, event } of answersTogether(wireWords, answering, request, n, signal)) events[index].push(event);
  return Promise.all(events.map((each) => collectAnswer(asAsync(each))));
}

async function* asAsync<E>(events: readonly E[]): AsyncGenerator<E, void> {
  yield* events;
}

/** Answers to one request differ, and are the same again with the same seed. */
function seeded(request: AnswerRequest, index: number): AnswerRequest {
  const seed = request.options?.seed;
  if (index === 0 || seed === undefined) return request;
  // Beyond 2^53 the next number is the same one.
  const next = (Number.isSafeInteger(seed + index) ? seed : seed % 2 ** 52) + index;
  return { ...request, options: { ...request.options, seed: next } };
}

export function finishReason(reason: EndReason): FinishReason {
  switch (reason) {
    case "end":
    case "stop":
      return "stop";
    case "length":
    case "context":
      return "length";
    case "toolCalls":
      return "tool_calls";
  }
}

/** The prompt counts once, as the first answer read it. @param usages of the answers in their order, whichever ended first */
export function completionUsage(usages: readonly Usage[]): CompletionUsage {
  const { promptTokens, cachedTokens } = usages[0];
  const generated = usages.reduce((sum, usage) => sum + usage.generatedTokens, 0);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: generated,
    total_tokens: promptTokens + generated,
    prompt_tokens_details: { cached_tokens: cachedTokens },
    completion_tokens_details: { reasoning_tokens: usages.reduce((sum, usage) => sum + usage.reasoningTokens, 0) },
  };
}

function chatLogprobs(tokens: readonly AnswerToken[]): ChatLogprobs {
  return { content: tokens.map(tokenLogprobs), refusal: null };
}

export function tokenLogprobs(token: AnswerToken): ChatTokenLogprob {
  return { ...logprobOf(token), top_logprobs: token.top.map(logprobOf) };
}

function logprobOf({ text, bytes, logprob }: NamedToken): TokenLogprob {
  return { token: text, bytes: [...bytes], logprob };
}

/** Seconds since 1970. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}
