import { describe, expect, it } from "vitest";
import { type AnswerRequest, bodyOf, pieceOf } from "./server.ts";
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

describe("a chunk", () => {
  it("adds text, thoughts, tokens and counts", () => {
    const content = [{ token: "a", logprob: -1, bytes: [97], top_logprobs: [{ token: "b", logprob: -0.5 }] }];
    expect(pieceOf({ choices: [{ delta: { content: "a" }, logprobs: { content }, finish_reason: null }] })).toEqual({
      ...{ text: "a", tokens: [{ text: "a", logprob: -1, top: [{ text: "b", logprob: -0.5 }] }] },
    });
    expect(pieceOf({ choices: [{ delta: { reasoning_content: "hm" } }], usage: null })).toEqual({ thoughts: "hm" });
    expect(pieceOf({ choices: [{ delta: {}, finish_reason: "length" }] })).toEqual({ finish: "length" });
    const usage = { prompt_tokens: 5, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } };
    expect(pieceOf({ choices: [], usage })).toEqual({ counts: { prompt: 5, cached: 4, generated: 2 } });
    expect(pieceOf({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 2 } }).counts?.cached).toBe(0);
  });

  it("may be an error", () => {
    expect(() => pieceOf({ error: { message: "the model fell over" } })).toThrow("the model fell over");
  });
});
