// The events of answers as OpenAI's chunks.
import { expect, it } from "vitest";
import type { AnswerEvent, Answering, AnswerRequest } from "../../chat/answer.ts";
import { chatChunks } from "./chat.ts";
import type { ChatCompletionChunk } from "./chat-types.ts";

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
