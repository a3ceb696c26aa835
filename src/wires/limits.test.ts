// How much one request may ask for: the same on every wire, and told by its place.
import { expect, it } from "vitest";
import type { ChatPrompt } from "../chat/answer.ts";
import { readMessagesRequest } from "./anthropic/messages-request.ts";
import { readCompletionRequest as readNativeCompletion } from "./native/completion-request.ts";
import { readRerankRequest } from "./native/rerank.ts";
import { detokenizeSchema } from "./native/token-requests.ts";
import { readOllamaChat } from "./ollama/chat-request.ts";
import { readOllamaEmbed } from "./ollama/embed.ts";
import { readOllamaGenerate } from "./ollama/generate-request.ts";
import { readChatRequest } from "./openai/chat-request.ts";
import { readCompletionRequest } from "./openai/completion-request.ts";
import { readEmbeddingRequest } from "./openai/embeddings.ts";
import { createResponseMemories } from "./openai/response-memory.ts";
import { readResponseRequest } from "./openai/response-request.ts";
import { parseRequest } from "./request.ts";

/** A list that nobody shall walk along: its items cannot be looked at. */
function unseen(length: number): unknown[] {
  return new Proxy(new Array(length), {
    get(list, name) {
      if (name === "length") return list.length;
      if (typeof name === "symbol" || !/^\d+$/.test(name)) return Reflect.get(list, name);
      throw new Error(`item ${name} was looked at`);
    },
  });
}

const model = "m";
const messages = [{ role: "user", content: "hi" }];
const readResponse = (body: unknown) => readResponseRequest(body, createResponseMemories().of("me"));
const detokenize = (body: unknown) => parseRequest(detokenizeSchema, body);

const cases: [name: string, read: (body: unknown) => unknown, place: string, most: number, rest?: object][] = [
  ["chat completions", readChatRequest, "messages", 10_000],
  ["chat completions", readChatRequest, "tools", 128, { messages }],
  ["chat completions", readChatRequest, "stop", 16, { messages }],
  ["responses", readResponse, "input", 10_000],
  ["responses", readResponse, "tools", 128, { input: "hi" }],
  ["messages", readMessagesRequest, "messages", 10_000, { model, max_tokens: 1 }],
  ["messages", readMessagesRequest, "tools", 128, { model, max_tokens: 1, messages }],
  ["messages", readMessagesRequest, "stop_sequences", 16, { model, max_tokens: 1, messages }],
  ["/api/chat", readOllamaChat, "messages", 10_000, { model }],
  ["/api/chat", readOllamaChat, "tools", 128, { model, messages }],
  ["/api/generate", readOllamaGenerate, "context", 2 ** 20, { model, prompt: "a" }],
  ["/api/embed", readOllamaEmbed, "input", 2048, { model }],
  ["/completion", readNativeCompletion, "prompt", 2 ** 20],
  ["/completion", readNativeCompletion, "stop", 16, { prompt: "a" }],
  ["/detokenize", detokenize, "tokens", 2 ** 20],
  ["/rerank", readRerankRequest, "documents", 2048, { query: "a" }],
];

it.each(cases)("%s: a list of too many %s is counted, and not looked at", (_, read, place, most, rest) => {
  expect(() => read({ ...rest, [place]: unseen(most + 1) })).toThrow(`${place} is a list of ${most + 1}: expected at most ${most} of it`);
});

const ids = (length: number): number[] => new Array<number>(length).fill(1);

it.each<[string, (body: unknown) => unknown, object, string, string]>([
  ["embeddings", readEmbeddingRequest, { input: new Array(2049).fill("a") }, "input", "is a list of 2049: expected at most 2048 of it"],
  [
    "embeddings",
    readEmbeddingRequest,
    { input: [ids(2 ** 19), ids(2 ** 19), [1]] },
    "input",
    "is a list of 3: expected at most 1048576 token ids in all",
  ],
  ["completions", readCompletionRequest, { prompt: ids(2 ** 20 + 1) }, "prompt", "is a list of 1048577: expected at most 1048576 of it"],
  ["completions", readCompletionRequest, { prompt: [1, 2, -1] }, "prompt[2]", "is -1: expected a token id, a whole number from 0"],
  ["completions", readCompletionRequest, { prompt: [[1], [2, 0.5]] }, "prompt[1][1]", "is 0.5: expected a token id"],
  ["completions", readCompletionRequest, { prompt: [[1], null] }, "prompt[1]", "is null: expected a list of token ids"],
  ["/completion", readNativeCompletion, { prompt: "a", n_probs: 21 }, "n_probs", "is 21: expected a number up to 20"],
  ["/completion", readNativeCompletion, { prompt: [1, "a"] }, "prompt[1]", 'is "a": expected a token id'],
  [
    "/api/chat",
    readOllamaChat,
    { model, messages, options: { stop: ids(17) } },
    "options.stop",
    "is a list of 17: expected at most 16 of it",
  ],
])("%s refuses more, or others, than it takes: %#", (_, read, body, place, message) => {
  expect(() => read(body)).toThrow(expect.objectContaining({ parameter: place, message: expect.stringContaining(`${place} ${message}`) }));
});

it("takes as much as it says", () => {
  expect(readCompletionRequest({ prompt: [ids(2 ** 19), ids(2 ** 19)] }).prompts).toHaveLength(2);
  expect(readCompletionRequest({ prompt: [1, 2] }).prompts).toEqual([{ ids: [1, 2] }]);
  expect(readEmbeddingRequest({ input: new Array(2048).fill("a") }).inputs).toHaveLength(2048);
  expect(readOllamaGenerate({ model, prompt: "a", context: [] }).request).toBeDefined();
});

it("puts turns of the same speaker together, however long they are", () => {
  const text = { type: "text", text: "a" };
  const turns = new Array(20).fill({ role: "user", content: new Array(10_000).fill(text) });
  const { request } = readMessagesRequest({ model, max_tokens: 1, messages: turns });
  const told = (request.prompt as ChatPrompt).messages;
  expect(told.map(({ role, content }) => [role, content?.length])).toEqual([["user", 200_000 * 3 - 2]]);
});
