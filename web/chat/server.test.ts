import { describe, expect, it } from "vitest";
import type { ChatCompletionChunk, ChatTokenLogprob } from "../../src/wires/openai/chat-types.ts";
import { type AnswerRequest, bodyOf, leftOutIn, pieceOf } from "./server.ts";
import { readSettings } from "./settings.ts";

const messages: AnswerRequest["messages"] = [{ role: "user", content: "Hi" }];
const settings = readSettings("");

describe("a request", () => {
  it("leaves to the server what is not set", () => {
    expect(JSON.parse(JSON.stringify(bodyOf({ model: "m", settings, messages })))).toEqual({
      ...{ model: "m", messages, stream: true, stream_options: { include_usage: true } },
    });
  });

  it("has what is set under the wire's names", () => {
    const set = {
      ...settings,
      system: "Be brief.",
      temperature: 0,
      topP: 0.5,
      topK: 3,
      maxTokens: 9,
      seed: 7,
      stop: ["x"],
      logprobs: true,
    };
    expect(bodyOf({ model: "m", settings: set, messages })).toMatchObject({
      messages: [{ role: "system", content: "Be brief." }, ...messages],
      ...{ temperature: 0, top_p: 0.5, top_k: 3, max_completion_tokens: 9, seed: 7, stop: ["x"], logprobs: true, top_logprobs: 5 },
    });
  });
});

it("a server says in a header what its model is not shown", () => {
  expect(leftOutIn(new Headers())).toEqual([]);
  expect(leftOutIn(new Headers({ "x-cria-left-out": "later system, history, of a later version" }))).toEqual(["later system", "history"]);
});

describe("a chunk", () => {
  const chunk = (choice: Partial<ChatCompletionChunk["choices"][0]>) =>
    pieceOf({ choices: [{ index: 0, delta: {}, finish_reason: null, ...choice }] });
  const logprobsOf = (...content: ChatTokenLogprob[]) => ({ content, refusal: null });

  it("adds text, thoughts, tokens and counts", () => {
    const logprobs = logprobsOf({ token: "a", logprob: -1, bytes: [97], top_logprobs: [{ token: "b", logprob: -0.5, bytes: [98] }] });
    expect(chunk({ delta: { content: "a" }, logprobs })).toEqual({
      ...{ text: "a", tokens: [{ text: "a", logprob: -1, top: [{ text: "b", logprob: -0.5 }] }] },
    });
    expect(chunk({ delta: { reasoning_content: "hm" } })).toEqual({ thoughts: "hm" });
    expect(chunk({ finish_reason: "length" })).toEqual({ finish: "length" });
    const usage = {
      ...{ prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
      ...{ prompt_tokens_details: { cached_tokens: 4 }, completion_tokens_details: { reasoning_tokens: 0 } },
    };
    expect(pieceOf({ choices: [], usage })).toEqual({ counts: { prompt: 5, cached: 4, generated: 2 } });
  });

  it("tells a token from others that have the same text", () => {
    const halves = [0xf0, 0xe2].map((byte, i) => ({ token: "\ufffd", logprob: -1 - i, bytes: [byte] }));
    const { tokens } = chunk({ logprobs: logprobsOf({ ...halves[1], top_logprobs: halves }) });
    expect(tokens?.[0].among).toBe(1);
  });

  it("may be an error", () => {
    expect(() => pieceOf({ error: { message: "the model fell over" } })).toThrow("the model fell over");
  });
});
