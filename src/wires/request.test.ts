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
    [{ messages, repeat_penalty: 0 }, "repeat_penalty", "repeat_penalty is 0: expected a number above 0"],
    [{ messages: [{ ...messages[0], ["x".repeat(999)]: 1 }] }, `messages[0].${"x".repeat(64)}...`, /^there is no parameter .{79}$/],
    [{ messages, seed: 1.5 }, "seed", "seed is 1.5: expected a whole number"],
    [{ messages, seed: 2 ** 64 }, "seed", "seed is 18446744073709552000: expected a whole number of 64 bits"],
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
    [{ messages: [{ ...messages[0], nome: "x" }] }, "messages[0].nome", "there is no parameter messages[0].nome"],
    [{ messages, stream_options: { usage: true } }, "stream_options.usage", "there is no parameter stream_options.usage"],
    [{ messages, response_format: { type: "json_object", shema: {} } }, "response_format.shema", /there is no parameter/],
    [
      { messages: [{ role: "tool", tool_call_id: "a", content: "sun" }] },
      "messages[0].tool_call_id",
      'messages[0].tool_call_id is "a": expected the id of one of tool_calls before it',
    ],
    [{ messages, web_search_options: {} }, "web_search_options", /expected none: nothing is searched here/],
    [
      {
        messages,
        tool_choice: { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "a" } }] } },
      },
      "tool_choice.allowed_tools.tools",
      'tool_choice names "a": expected none, as there are no tools',
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

  it.each([
    [0, 0],
    [2 ** 53, 2 ** 53],
    [-(2 ** 63), -(2 ** 63)],
    [-1, undefined], // another one each time
  ])("takes the seed %d", (seed, expected) => {
    expect(readChatRequest({ messages, seed }).request.options?.seed).toBe(expected);
  });

  it("takes what OpenAI's clients send back of their answers, and nulls within", () => {
    const call = { id: "c1", type: "function", function: { name: "f", arguments: "{}" } };
    const { request } = readChatRequest({
      messages: [
        ...messages,
        {
          role: "assistant",
          content: null,
          refusal: null,
          audio: null,
          function_call: null,
          annotations: [],
          parsed: null,
          tool_calls: [{ ...call, index: 0, function: { ...call.function, parsed_arguments: {} } }],
        },
        { role: "tool", tool_call_id: "c1", name: "f", content: "sun" },
        { role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
      ],
      tools: ["f", "g"].map((name) => ({ type: "function", function: { name, description: null, parameters: null, strict: null } })),
      tool_choice: { type: "allowed_tools", allowed_tools: { mode: "required", tools: [{ type: "function", function: { name: "g" } }] } },
      audio: null,
    });
    expect(request.prompt).toEqual({
      messages: [
        ...messages,
        { role: "assistant", content: null, tool_calls: [call] },
        { role: "tool", tool_call_id: "c1", content: "sun" },
        { role: "assistant", content: [{ type: "text", text: "No." }] },
      ],
      tools: [{ type: "function", function: { name: "g" } }],
      toolChoice: "required",
    });
  });

  it("enforces the schema of a json_object, as llama.cpp does", () => {
    const schema = { type: "object" };
    const { request } = readChatRequest({ messages, response_format: { type: "json_object", schema } });
    expect(request.options?.format).toEqual({ kind: "schema", schema });
  });

  it("takes null for absent, and OpenAI's parameters that mean nothing here", () => {
    const { request, n, stream } = readChatRequest({ messages, temperature: null, tools: null, user: "me", store: false, n: null });
    expect(request.options).toEqual({});
    expect([n, stream]).toEqual([1, false]);
  });
});
