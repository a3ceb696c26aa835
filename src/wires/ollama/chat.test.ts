// Answers in Ollama's shapes.
import { expect, it } from "vitest";
import type { AnswerEvent, Answering } from "../../chat/answer.ts";
import type { OllamaChatResponse } from "./answer-types.ts";
import { ollamaChat, ollamaChatChunks } from "./chat.ts";
import { ollamaGenerate, ollamaGenerateChunks } from "./generate.ts";

const usage = { promptTokens: 9, cachedTokens: 4, generatedTokens: 5, reasoningTokens: 1 };
const end: AnswerEvent = { type: "end", reason: "toolCalls", usage, seed: 1, ids: [1, 2, 3], milliseconds: { prompt: 2, generation: 3.5 } };
const begun = (index: number, name: string, ...pieces: string[]): AnswerEvent[] => [
  { type: "toolCall", index, id: `id_${index}`, name },
  ...pieces.map((text): AnswerEvent => ({ type: "toolArguments", index, text })),
];
const call = (index: number, name: string, ...pieces: string[]): AnswerEvent[] => [
  ...begun(index, name, ...pieces),
  { type: "toolCallEnd", index },
];
const text = (type: "text" | "reasoning", words: string): AnswerEvent => ({ type, text: words, tokens: [] });

function answering(...events: AnswerEvent[]): Answering {
  return {
    async *answer() {
      yield { type: "prompt", promptTokens: 9, cachedTokens: 4 };
      yield* events;
    },
  };
}

async function all<E>(pieces: AsyncIterable<E>): Promise<E[]> {
  const list: E[] = [];
  for await (const piece of pieces) list.push(piece);
  return list;
}

const request = { prompt: { text: "" } };
const moments = { arrived: 0, loaded: 0.25 };
const toolCalls = [
  { id: "id_0", function: { index: 0, name: "a", arguments: { x: 1 } } },
  { id: "id_1", function: { index: 1, name: "b", arguments: {} } },
];

it("thoughts, text and whole calls come apart, figures in nanoseconds at the end", async () => {
  const events = [
    text("reasoning", "Hm"),
    text("text", "So"),
    text("text", ""),
    ...call(0, "a", '{"x"', ":1}"),
    ...call(1, "b", "{}"),
    end,
  ];
  const chunks = await all(ollamaChatChunks(answering(...events), request, "m", moments));
  expect(chunks.map(({ message, done }) => [message, done])).toEqual([
    [{ role: "assistant", content: "", thinking: "Hm" }, false],
    [{ role: "assistant", content: "So" }, false],
    [{ role: "assistant", content: "", tool_calls: [toolCalls[0]] }, false],
    [{ role: "assistant", content: "", tool_calls: [toolCalls[1]] }, false],
    [{ role: "assistant", content: "" }, true],
  ]);
  const figures = {
    prompt_eval_count: 9,
    prompt_eval_duration: 2_000_000,
    eval_count: 5,
    eval_duration: 3_500_000,
    load_duration: 250_000,
  };
  expect(chunks.at(-1)).toMatchObject({ done_reason: "stop", ...figures });

  const whole: OllamaChatResponse = await ollamaChat(answering(...events), request, "m", moments);
  expect(whole).toMatchObject({ message: { content: "So", thinking: "Hm", tool_calls: toolCalls }, done: true, ...figures });
});

it("half a call is none", async () => {
  const events = [...begun(0, "a", '{"x": '), { ...end, reason: "length" } as AnswerEvent];
  const chunks = await all(ollamaChatChunks(answering(...events), request, "m", moments));
  expect(chunks).toMatchObject([{ message: { content: "" }, done: true, done_reason: "length" }]);
  expect((await ollamaChat(answering(...events), request, "m", moments)).message).toEqual({ role: "assistant", content: "" });
});

it("generate tells the ids for the next request, and log-probabilities where they were asked for", async () => {
  const token = { id: 7, text: "o", bytes: [111], logprob: -0.5, top: [{ id: 8, text: "p", bytes: [112], logprob: -1 }] };
  const events: AnswerEvent[] = [{ type: "text", text: "o", tokens: [token] }, end];
  const logprobs = [{ token: "o", bytes: [111], logprob: -0.5, top_logprobs: [{ token: "p", bytes: [112], logprob: -1 }] }];
  const chunks = await all(ollamaGenerateChunks(answering(...events), request, "m", moments));
  expect(chunks).toMatchObject([
    { response: "o", done: false, logprobs },
    { response: "", done: true, context: [1, 2, 3] },
  ]);
  expect(await ollamaGenerate(answering(...events), request, "m", moments)).toMatchObject({ response: "o", logprobs, context: [1, 2, 3] });
});
