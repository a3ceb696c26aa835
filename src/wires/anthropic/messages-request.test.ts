// Anthropic's requests in the words that all wires share.
import { describe, expect, it } from "vitest";
import { readCountTokens, readMessagesRequest } from "./messages-request.ts";

const least = { model: "m", max_tokens: 5, messages: [{ role: "user", content: "Hi" }] };
const tools = [{ name: "look", description: "Looks", input_schema: { type: "object" }, strict: true }];
const promptOf = (given: object) => readMessagesRequest({ ...least, ...given }).request.prompt;

it("a conversation with a tool, its thoughts and its result", () => {
  const prompt = promptOf({
    system: [
      { type: "text", text: "Be", cache_control: { type: "ephemeral" } },
      { type: "text", text: "brief." },
    ],
    messages: [
      { role: "user", content: "Look" },
      { role: "user", content: [{ type: "text", text: "there" }] },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "Hm", signature: "x" },
          { type: "text", text: "I look" },
          { type: "tool_use", id: "t1", name: "look", input: { at: 1 }, caller: { type: "direct" } },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "t1", content: [{ type: "text", text: "nothing" }], is_error: true },
          { type: "text", text: "So?" },
        ],
      },
    ],
    tools,
  });
  expect(prompt).toEqual({
    messages: [
      { role: "system", content: "Be\n\nbrief." },
      { role: "user", content: "Look\n\nthere" },
      {
        role: "assistant",
        content: "I look",
        reasoning_content: "Hm",
        tool_calls: [{ id: "t1", type: "function", function: { name: "look", arguments: { at: 1 } } }],
      },
      { role: "tool", tool_call_id: "t1", name: "look", content: "Error: nothing" },
      { role: "user", content: "So?" },
    ],
    tools: [{ type: "function", function: { name: "look", description: "Looks", parameters: { type: "object" }, strict: true } }],
    reasoning: false,
  });
});

it.each([
  [{ type: "auto" }, { toolChoice: "auto" }],
  [
    { type: "any", disable_parallel_tool_use: true },
    { toolChoice: "required", parallelToolCalls: false },
  ],
  [{ type: "tool", name: "look" }, { toolChoice: { name: "look" } }],
  [{ type: "none" }, { toolChoice: "none" }],
])("tool_choice %j", (tool_choice, expected) => {
  expect(promptOf({ tools, tool_choice })).toMatchObject(expected);
});

it("options", () => {
  const { request, hideThoughts } = readMessagesRequest({
    ...least,
    temperature: 0,
    top_k: 3,
    top_p: 0,
    stop_sequences: ["."],
    thinking: { type: "enabled", budget_tokens: 4, display: "omitted" },
    output_config: { effort: "low", format: { type: "json_schema", schema: { type: "object" } } },
    metadata: { user_id: "me" },
    service_tier: "auto",
  });
  const format = { kind: "schema", schema: { type: "object" } };
  expect(request.options).toEqual({ maxTokens: 5, temperature: 0, topK: 3, topP: 0, stop: ["."], format });
  expect(request.prompt).toMatchObject({ reasoning: true });
  expect(hideThoughts).toBe(true);
  expect(readMessagesRequest({ ...least, thinking: { type: "adaptive" } })).toMatchObject({ hideThoughts: false, stream: false });
});

it("an answer goes on from the assistant's last message", () => {
  const { messages } = least;
  const prompt = promptOf({ messages: [...messages, { role: "assistant", content: "Well," }] });
  expect(prompt).toMatchObject({ messages, opening: "Well," });
  expect(promptOf({})).not.toHaveProperty("opening");
});

describe("a request that cannot be", () => {
  const image = { type: "image", source: { type: "base64", media_type: "image/png", data: "" } };
  it.each([
    [{ max_tokens: undefined }, "max_tokens is missing"],
    [{ max_tokens: 0 }, "max_tokens is 0: expected a number from 1"],
    [{ temperature: 1.5 }, "temperature is 1.5: expected a number up to 1"],
    [{ temprature: 1 }, "there is no parameter temprature: did you mean temperature?"],
    [{ thinking: { type: "enabled", budget_tokens: 2, budget: 3 } }, "there is no parameter thinking.budget"],
    [{ thinking: { type: "enabled", budget_tokens: 5 } }, /^thinking\.budget_tokens is 5: expected less than max_tokens, 5/],
    [
      { messages: [{ role: "user", content: [image] }] },
      /^messages\[0\]\.content\[0\]\.type is "image": expected .*the model reads nothing else/,
    ],
    [{ messages: [{ role: "user", content: 3 }] }, /^messages\[0\]\.content is 3/],
    [{ messages: [...least.messages, { role: "assistant", content: "Well, " }] }, /^messages\[1\] is the assistant's.*white space$/],
    [{ messages: [{ role: "assistant", content: "Well" }] }, /^messages\[0\].*something to answer before it$/],
    [{ messages: [] }, "messages is a list of 0: expected at least 1 of it"],
    [
      { tools: [{ type: "web_search_20250305", name: "web_search" }] },
      /^tools\[0\]\.type is "web_search_20250305": expected "custom": other kinds of tools run at Anthropic/,
    ],
    [{ tool_choice: { type: "any" } }, /there are none/],
    [{ tools, tool_choice: { type: "tool", name: "listen" } }, 'tool_choice names "listen": expected one of tools, look'],
  ])("%j", (given, message) => {
    expect(() => readMessagesRequest({ ...least, ...given })).toThrow(message);
  });

  it("counting takes no max_tokens", () => {
    expect(() => readCountTokens(least)).toThrow("there is no parameter max_tokens");
  });
});

it.each([
  [[{ type: "tool_result", tool_use_id: "t9", content: "sun" }], /tool_result for "t9": expected the id of a tool_use before it/],
  [[{ type: "text", text: "Hi", txt: "Hi" }], /there is no parameter messages\[0\]\.content\[0\]\.txt/],
])("refuses %j", (content, message) => {
  expect(() => promptOf({ messages: [{ role: "user", content }], container: null })).toThrow(message);
});
