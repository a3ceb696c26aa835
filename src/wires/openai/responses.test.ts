// An answer with thoughts, text and calls as OpenAI's client puts it together, and what a later request makes of it.
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import type { AnswerEvent, Answering, AnswerRequest } from "../../chat/answer.ts";
import { createResponseMemories } from "./response-memory.ts";
import { readResponseRequest } from "./response-request.ts";
import type { ResponseObject, ResponseStreamEvent } from "./response-types.ts";
import { response, responseEvents } from "./responses.ts";

const usage = { promptTokens: 10, cachedTokens: 4, generatedTokens: 9, reasoningTokens: 2 };
const weather = { type: "function", name: "weather", description: "Tells it.", parameters: { type: "object" }, strict: true } as const;

const text = (delta: string): AnswerEvent => ({ type: "text", text: delta, tokens: [] });
const end = (reason: "end" | "length" | "toolCalls"): AnswerEvent => ({
  type: "end",
  reason,
  usage,
  seed: 1,
  milliseconds: { prompt: 1, generation: 1 },
});
const calls: AnswerEvent[] = [
  { type: "prompt", promptTokens: 10, cachedTokens: 4 },
  { type: "reasoning", text: "Let me ", tokens: [] },
  { type: "reasoning", text: "see.", tokens: [] },
  text("I "),
  text("look."),
  { type: "toolCall", index: 0, id: "call_1", name: "weather" },
  { type: "toolArguments", index: 0, text: '{"city":' },
  { type: "toolArguments", index: 0, text: '"Rome"}' },
  { type: "toolCallEnd", index: 0 },
  { type: "toolCall", index: 1, id: "call_2", name: "weather" },
  { type: "toolArguments", index: 1, text: "{}" },
  { type: "toolCallEnd", index: 1 },
  end("toolCalls"),
];

/** Says what it is told to, and keeps what it was asked. */
function scripted(...answers: AnswerEvent[][]): Answering & { asked: AnswerRequest[] } {
  const asked: AnswerRequest[] = [];
  return {
    asked,
    async *answer(request) {
      yield* answers[asked.push(request) - 1];
    },
  };
}

async function streamOf(events: AnswerEvent[]): Promise<ResponseStreamEvent[]> {
  const memory = createResponseMemories().of("ann");
  const request = readResponseRequest({ input: "Is it warm?", tools: [weather] }, memory);
  const heard: ResponseStreamEvent[] = [];
  for await (const event of responseEvents(scripted(events), memory, request, "m")) heard.push(structuredClone(event));
  return heard;
}

describe("a response", () => {
  it.each([
    ["with calls", calls, "completed"],
    ["that is cut", [calls[0], text("So"), end("length")], "incomplete"],
    ["that is cut while it thinks", [calls[0], calls[1], end("length")], "incomplete"],
    ["that is cut within a call", [...calls.slice(0, 7), end("length")], "incomplete"],
    ["without a word", [calls[0], end("end")], "completed"],
  ])("%s is the same in pieces as whole, for OpenAI's client", async (_, script, status) => {
    const events = await streamOf(script);
    const whole = (events.at(-1) as { response: ResponseObject }).response;
    const sent = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
    const headers = { "Content-Type": "text/event-stream" };
    const client = new OpenAI({ apiKey: "none", fetch: async () => new Response(sent, { headers }) });
    const stream = client.responses.stream({ model: "m", input: "Is it warm?" });
    /** What the deltas alone make. */
    const grown: Record<string, string> = {};
    for await (const event of stream) {
      if ("delta" in event && "item_id" in event) grown[event.item_id] = (grown[event.item_id] ?? "") + event.delta;
    }
    const { output, output_text } = await stream.finalResponse();
    expect(whole.status).toBe(status);
    expect(output).toMatchObject(whole.output);
    expect(output_text).toBe(whole.output_text);
    const texts = whole.output.map((item) => (item.type === "function_call" ? item.arguments : item.content[0].text));
    expect(whole.output.map(({ id }) => grown[id] ?? "")).toEqual(texts);
    expect(events.filter(({ type }) => type === "response.output_item.done")).toHaveLength(whole.output.length);
  });

  it("has thoughts, text and calls as items, and counts", async () => {
    const { response: whole } = (await streamOf(calls)).at(-1) as { response: ResponseObject };
    expect(whole.output).toMatchObject([
      { type: "reasoning", summary: [], content: [{ type: "reasoning_text", text: "Let me see." }], status: "completed" },
      { type: "message", content: [{ type: "output_text", text: "I look." }], status: "completed" },
      { type: "function_call", call_id: "call_1", name: "weather", arguments: '{"city":"Rome"}', status: "completed" },
      { type: "function_call", call_id: "call_2", name: "weather", arguments: "{}", status: "completed" },
    ]);
    expect(whole.usage).toEqual({
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 4, cache_write_tokens: 6 },
      output_tokens: 9,
      output_tokens_details: { reasoning_tokens: 2 },
      total_tokens: 19,
    });
    expect(whole.tools).toEqual([weather]);
  });

  it("says which call was cut off, and is continued without it", async () => {
    const memory = createResponseMemories().of("ann");
    const model = scripted([...calls.slice(0, 10), end("length")], [calls[0], end("end")], [calls[0], end("end")]);
    const ask = (body: object): Promise<ResponseObject> => response(model, memory, readResponseRequest(body, memory), "m");
    const first = await ask({ input: "Is it warm?", tools: [weather] });
    const made = first.output.filter(({ type }) => type === "function_call");
    expect(made).toMatchObject([
      { call_id: "call_1", status: "completed" },
      { call_id: "call_2", status: "incomplete", arguments: "" },
    ]);
    await ask({ previous_response_id: first.id, input: "Go on." });
    await ask({ input: [...made.map(({ id }) => ({ type: "item_reference", id })), { role: "user", content: "Go on." }] });
    for (const { prompt } of model.asked.slice(1)) {
      const calls = "messages" in prompt ? prompt.messages.flatMap(({ tool_calls = [] }) => tool_calls ?? []) : [];
      expect(calls.map(({ id }) => id)).toEqual(["call_1"]);
    }
  });

  it("is continued without a call that was cut off where the client sends back what it was answered", async () => {
    const memory = createResponseMemories().of("ann");
    for (const cutAt of [10, 7]) {
      const model = scripted([...calls.slice(0, cutAt), end("length")], [calls[0], end("end")]);
      const ask = (body: object): Promise<ResponseObject> =>
        response(model, memory, readResponseRequest({ store: false, ...body }, memory), "m");
      const first = await ask({ input: "Is it warm?", tools: [weather] });
      const made = first.output.filter((item) => item.type === "function_call");
      const outputs = made.map(({ call_id }) => ({ type: "function_call_output", call_id, output: "30" }));
      await ask({ input: [{ role: "user", content: "Is it warm?" }, ...first.output, ...outputs, { role: "user", content: "Go on." }] });
      const { prompt } = model.asked[1];
      const messages = "messages" in prompt ? prompt.messages : [];
      const whole = made.filter(({ status }) => status === "completed").map(({ call_id }) => call_id);
      expect(made).toHaveLength(whole.length + 1);
      expect(messages.flatMap(({ tool_calls }) => tool_calls ?? []).map(({ id }) => id)).toEqual(whole);
      expect(messages.filter(({ role }) => role === "tool").map(({ tool_call_id }) => tool_call_id)).toEqual(whole);
    }
  });

  it.each([
    ["arguments", { status: "completed", arguments: '{"city":' }, "input[0].arguments"],
    ["arguments", { arguments: '{"city":' }, "input[0].arguments"],
    ["status", { status: "over", arguments: "{}" }, "input[0].status"],
  ])("is not continued with wrong %s of a call: %o", (_, given, parameter) => {
    const memory = createResponseMemories().of("ann");
    const read = (): unknown =>
      readResponseRequest({ input: [{ type: "function_call", call_id: "c", name: "weather", ...given }] }, memory);
    expect(read).toThrow(expect.objectContaining({ name: "ParameterError", parameter }));
  });

  it("is continued as the conversation that it was", async () => {
    const memory = createResponseMemories().of("ann");
    const model = scripted(calls, [calls[0], text("30 degrees."), end("end")], [calls[0], end("end")]);
    const ask = (body: object): Promise<ResponseObject> => response(model, memory, readResponseRequest(body, memory), "m");
    const first = await ask({ input: "Is it warm?", instructions: "Be kind.", tools: [weather], reasoning: { effort: "none" } });
    const second = await ask({
      previous_response_id: first.id,
      tools: [weather],
      tool_choice: { type: "function", name: "weather" },
      parallel_tool_calls: false,
      max_output_tokens: 5,
      text: { format: { type: "json_schema", name: "t", schema: { type: "object" } } },
      input: [
        { type: "function_call_output", call_id: "call_1", output: "30" },
        { type: "function_call_output", call_id: "call_2", output: [{ type: "input_text", text: "40" }] },
      ],
    });
    await ask({ previous_response_id: second.id, input: [{ role: "developer", content: [{ type: "input_text", text: "Short." }] }] });

    const tool = {
      type: "function",
      function: { name: "weather", description: "Tells it.", parameters: { type: "object" }, strict: true },
    };
    const said = [
      { role: "user", content: "Is it warm?" },
      {
        role: "assistant",
        reasoning_content: "Let me see.",
        content: "I look.",
        tool_calls: [
          { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Rome"}' } },
          { id: "call_2", type: "function", function: { name: "weather", arguments: "{}" } },
        ],
      },
      { role: "tool", tool_call_id: "call_1", content: "30" },
      { role: "tool", tool_call_id: "call_2", content: "40" },
    ];
    expect(model.asked).toEqual([
      {
        prompt: { messages: [{ role: "system", content: "Be kind." }, said[0]], tools: [tool], reasoning: false },
        options: {},
      },
      {
        prompt: { messages: said, tools: [tool], toolChoice: { name: "weather" }, parallelToolCalls: false },
        options: { maxTokens: 5, format: { kind: "schema", schema: { type: "object" } } },
      },
      {
        prompt: { messages: [...said, { role: "assistant", content: "30 degrees." }, { role: "system", content: "Short." }] },
        options: {},
      },
    ]);
  });
});
