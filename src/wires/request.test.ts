// What a wrong request is told: the place, what stands there, what was expected.
import { describe, expect, it } from "vitest";
import { readChatRequest } from "./openai/chat-request.ts";
import { ParameterError } from "./request.ts";

const messages = [{ role: "user", content: "Hi" }];

function refusal(body: unknown): ParameterError {
  try {
    readChatRequest(body);
  } catch (error) {
    if (error instanceof ParameterError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("a request that cannot be", () => {
  it.each([
    [{}, "messages", "messages is missing"],
    [{ mesages: [] }, "mesages", "there is no parameter mesages: did you mean messages?"],
    ["text", undefined, 'the body is "text": expected a JSON object'],
    [{ messages: [] }, "messages", "messages is a list of 0: expected at least 1 of it"],
    [{ messages: "Hi" }, "messages", 'messages is "Hi": expected a list'],
    [{ messages: [{ role: "user" }] }, "messages[0].content", "messages[0].content is missing"],
    [{ messages: [{ role: "nobody", content: "" }] }, "messages[0].role", /messages\[0\]\.role is "nobody": expected .*"user"/],
    [
      { messages: [{ role: "user", content: [{ type: "image_url", image_url: {} }] }] },
      "messages[0].content[0].type",
      'messages[0].content[0].type is "image_url": expected "text": the model reads nothing else',
    ],
    [{ messages, temperature: 3 }, "temperature", "temperature is 3: expected a number up to 2"],
    [{ messages, temperature: "hot" }, "temperature", 'temperature is "hot": expected a number'],
    [{ messages, max_tokens: 1.5 }, "max_tokens", "max_tokens is 1.5: expected a whole number"],
    [{ messages, seed: 1.5 }, "seed", "seed is 1.5: expected a whole number"],
    [{ messages, seed: 2 ** 64 }, "seed", "seed is 18446744073709552000: expected a whole number of 64 bits"],
    [{ messages, stream: "yes" }, "stream", 'stream is "yes": expected true or false'],
    [{ messages, top_logprobs: 2 }, "top_logprobs", /without logprobs/],
    [{ messages, tool_choice: "required" }, "tool_choice", /there are none/],
    [
      {
        messages,
        tools: [{ type: "function", function: { name: "a" } }],
        tool_choice: { type: "function", function: { name: "b" } },
      },
      "tool_choice.function.name",
      /names "b": expected one of tools, a$/,
    ],
    [{ messages, response_format: { type: "json_schema" } }, "response_format.json_schema", "response_format.json_schema is missing"],
  ])("%j", (body, place, message) => {
    const error = refusal(body);
    expect(error.parameter).toBe(place);
    expect(error.message).toMatch(message);
  });

  it.each([
    [0, 0],
    [2 ** 53, 2 ** 53],
    [-(2 ** 63), -(2 ** 63)],
    [-1, undefined], // another one each time
  ])("takes the seed %d", (seed, expected) => {
    expect(readChatRequest({ messages, seed }).request.options?.seed).toBe(expected);
  });

  it("takes null for absent, and OpenAI's parameters that mean nothing here", () => {
    const { request, n, stream } = readChatRequest({ messages, temperature: null, tools: null, user: "me", store: false, n: null });
    expect(request.options).toEqual({});
    expect([n, stream]).toEqual([1, false]);
  });
});
