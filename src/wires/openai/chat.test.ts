// The events of answers as OpenAI's chunks, and what is counted of several answers to one request.
import { expect, it } from "vitest";
import type { AnswerEvent, Answering, AnswerRequest, PromptReading } from "../../chat/answer.ts";
import { chatChunks, chatCompletion } from "./chat.ts";
import type { ChatCompletionChunk, CompletionUsage } from "./chat-types.ts";
import { completion, completionChunks } from "./completions.ts";

/** The first answer reads the whole prompt and ends last; the others find it in the cache. */
function model(): Answering & PromptReading {
  let begun = 0;
  return {
    async *answer() {
      const at = begun++;
      const counts = { promptTokens: 40, cachedTokens: at === 0 ? 3 : 39 };
      yield { type: "prompt", ...counts };
      for (let i = 0; i < 9 - 3 * at; i++) yield { type: "text", text: "a", tokens: [] };
      const usage = { ...counts, generatedTokens: 10, reasoningTokens: 0 };
      yield { type: "end", reason: "end", usage, seed: 0, milliseconds: { prompt: 0, generation: 0 } } satisfies AnswerEvent;
    },
    readPrompt: () => Promise.reject(new Error("nobody asks for it")),
  };
}

async function lastOf<E>(events: AsyncIterable<E>): Promise<E | undefined> {
  let last: E | undefined;
  for await (const event of events) last = event;
  return last;
}

it("tells how much of the prompt the first answer found in the cache, whichever ends first", async () => {
  const chat = { model: "m", request: { prompt: { messages: [] } }, n: 3, stream: true, includeUsage: true };
  const text = {
    model: "m",
    prompts: [{ text: "a" }],
    options: {},
    n: 3,
    bestOf: 3,
    echo: false,
    logprobs: undefined,
    stream: true,
    includeUsage: true,
  };
  const usages: (CompletionUsage | null | undefined)[] = [
    (await chatCompletion(model(), chat, "m")).usage,
    (await lastOf(chatChunks(model(), chat, "m")))?.usage,
    (await completion(model(), text, "m")).usage,
    (await lastOf(completionChunks(model(), text, "m")))?.usage,
  ];
  for (const usage of usages) {
    expect(usage).toMatchObject({ prompt_tokens: 40, completion_tokens: 30, prompt_tokens_details: { cached_tokens: 3 } });
  }
});

const usage = { promptTokens: 3, cachedTokens: 0, generatedTokens: 1, reasoningTokens: 0 };
const read: AnswerEvent = { type: "prompt", promptTokens: 3, cachedTokens: 0 };
const end: AnswerEvent = { type: "end", reason: "end", usage, seed: 1, milliseconds: { prompt: 1, generation: 1 } };

/** The chunks of a played answer, and what was asked. */
async function chunksOf(
  events: readonly AnswerEvent[],
  { prompt = { messages: [] }, options = {} }: Partial<AnswerRequest>,
  n = 1,
): Promise<{ chunks: ChatCompletionChunk[]; asked: AnswerRequest[] }> {
  const asked: AnswerRequest[] = [];
  const answering: Answering = {
    async *answer(request) {
      asked.push(request);
      yield* events;
    },
  };
  const request = { model: undefined, request: { prompt, options }, n, stream: true, includeUsage: false };
  const chunks: ChatCompletionChunk[] = [];
  for await (const chunk of chatChunks(answering, request, "stories")) chunks.push(chunk);
  return { chunks, asked };
}

it.each([5, 2 ** 53, -(2 ** 62)])("gives each of several answers a seed of its own, from %d on", async (seed) => {
  const { asked } = await chunksOf([read, end], { options: { seed } }, 3);
  const seeds = asked.map(({ options }) => options?.seed);
  expect(seeds[0]).toBe(seed);
  expect(new Set(seeds).size).toBe(3);
});

it.each([
  ["required", null],
  [{ name: "f" }, null],
  ["auto", ""],
  [undefined, ""],
] as const)("begins with no text at all where the answer has to be a call: %j", async (toolChoice, content) => {
  const prompt = { messages: [], ...(toolChoice === undefined ? {} : { toolChoice }) };
  const { chunks } = await chunksOf([read, { type: "toolCall", index: 0, id: "call_1", name: "f" }, end], { prompt });
  expect(chunks[0].choices[0].delta).toEqual({ role: "assistant", content });
});
