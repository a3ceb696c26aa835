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
    [{ messages, stream: "yes" }, "stream", 'stream is "yes": expected true or false'],
    [{ messages, top_logprobs: 2 }, "top_logprobs", /without logprobs/],
    ...["", "0x10", " 5", "1e2", "the"].map((id): [object, string, string] => [
      { messages, logit_bias: { 5: 1, [id]: 1 } },
      "logit_bias",
      "logit_bias is an object: expected token ids, in digits, as names",
    ]),
    [{ messages, stream_options: { include_usage: true } }, "stream_options", /without stream/],
    [{ messages, functions: [] }, "functions", "functions is a list of 0: expected none: give them as tools"],
    [{ messages, function_call: "auto" }, "function_call", 'function_call is "auto": expected none: choose with tool_choice'],
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
    [{ messages, metadata: { "dear diary": 5 } }, "metadata.dear diary", "metadata.*"],
    [{ messages, "dear diary": 5 }, "dear diary", "*"],
    [{ messages: [{ role: "user", content: [{ type: "text" }] }] }, "messages[0].content[0].text", "messages[0].content[0].text"],
    [{ messages, logit_bias: { "dear diary": "much" } }, "logit_bias.dear diary", "logit_bias.*"],
  ])("%j is told to the log without names that the caller made up", (body, place, logged) => {
    expect(refusal(body)).toMatchObject({ parameter: place, logged });
  });

  it("is told the beginning of a name that is too long to be one", () => {
    const { parameter, message } = refusal({ messages, metadata: { ["x".repeat(100_000)]: 5 } });
    expect(parameter).toBe(`metadata.${"x".repeat(64)}...`);
    expect(message.length).toBeLessThan(200);
  });

  it("takes null for absent, and OpenAI's parameters that mean nothing here", () => {
    const { request, n, stream } = readChatRequest({ messages, temperature: null, tools: null, user: "me", store: false, n: null });
    expect(request.options).toEqual({});
    expect([n, stream]).toEqual([1, false]);
  });
});
