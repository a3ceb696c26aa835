// OpenAI's own client against a real server: responses, and what they remember.
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import type { ResponseObject, ResponseStreamEvent } from "../src/wires/openai/response-types.ts";
import { startTestServer, type TestServer } from "./start-server.ts";

type Params = Partial<OpenAI.Responses.ResponseCreateParamsNonStreaming> & { seed?: number };

const input = "Tell a story about a dog.";
let server: TestServer;
let client: OpenAI;
let stranger: OpenAI;
beforeAll(async () => {
  server = await startTestServer([], { env: { CRIA_API_KEYS: "ann secret-1\nbob secret-2" } });
  [client, stranger] = ["secret-1", "secret-2"].map((apiKey) => new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 }));
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

const ask = (body: Params = {}, from = client) => from.responses.create({ model: "stories", input, max_output_tokens: 12, ...body });

it("answers in the types of the client", () => {
  expectTypeOf<ResponseObject>().toExtend<OpenAI.Responses.Response>();
  expectTypeOf<ResponseStreamEvent>().toExtend<OpenAI.Responses.ResponseStreamEvent>();
});

describe("responses.create", () => {
  it("answers a text, and says that it was cut", async () => {
    const { output, output_text, status, incomplete_details, usage, ...rest } = await ask({ temperature: 0, metadata: { a: "b" } });
    expect(output_text).toMatch(/\w+ \w+/);
    expect(output).toMatchObject([
      { type: "message", role: "assistant", status: "incomplete", content: [{ type: "output_text", text: output_text, annotations: [] }] },
    ]);
    expect([status, incomplete_details]).toEqual(["incomplete", { reason: "max_output_tokens" }]);
    expect(usage).toMatchObject({ output_tokens: 12, total_tokens: usage!.input_tokens + 12 });
    expect(rest).toMatchObject({ object: "response", model: "stories", temperature: 0, tools: [], metadata: { a: "b" }, error: null });
    const chat = await client.chat.completions.create({
      model: "stories",
      messages: [{ role: "user", content: input }],
      temperature: 0,
      max_tokens: 12,
    });
    expect(output_text).toBe(chat.choices[0].message.content);
  });

  it("streams what the client's own accumulator makes the same answer of", async () => {
    const stream = client.responses.stream({ model: "stories", input, max_output_tokens: 12, temperature: 0 });
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of stream) events.push(event);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual([...events.keys()]);
    const types = events.map(({ type }) => type);
    expect(types.slice(0, 4)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
    ]);
    expect(types.slice(-4)).toEqual([
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.incomplete",
    ]);
    const deltas = events.flatMap((event) => (event.type === "response.output_text.delta" ? event.delta : []));
    const whole = await ask({ temperature: 0 });
    expect(deltas.join("")).toBe(whole.output_text);
    expect((await stream.finalResponse()).output_text).toBe(whole.output_text);
  });

  it("counts what it would read", async () => {
    const { input_tokens } = await client.responses.inputTokens.count({ model: "stories", input, instructions: "Be kind." });
    expect((await ask({ instructions: "Be kind." })).usage!.input_tokens).toBe(input_tokens);
  });

  it("tells log-probabilities where they are asked for", async () => {
    const { output } = await ask({ temperature: 0, top_logprobs: 2, include: ["message.output_text.logprobs"], max_output_tokens: 4 });
    const [{ logprobs, text }] = (output[0] as OpenAI.Responses.ResponseOutputMessage).content as OpenAI.Responses.ResponseOutputText[];
    expect(logprobs!.map(({ token }) => token).join("")).toBe(text);
    expect(logprobs![0].top_logprobs[0]).toMatchObject({ token: logprobs![0].token, logprob: logprobs![0].logprob });
  });
});

describe("what has to be", () => {
  const city = {
    type: "object",
    properties: { city: { type: "string", minLength: 1, maxLength: 9 } },
    required: ["city"],
    additionalProperties: false,
  };
  const weather = { type: "function" as const, name: "weather", parameters: city, strict: true };

  it("calls a function, and goes on from what it gave", async () => {
    const body = { tools: [weather], tool_choice: "required" as const, parallel_tool_calls: false, max_output_tokens: 100, seed: 1 };
    const first = await ask(body);
    expect(first.status).toBe("completed");
    expect(first.output).toMatchObject([{ type: "function_call", name: "weather", status: "completed" }]);
    const call = first.output[0] as OpenAI.Responses.ResponseFunctionToolCall;
    expect(Object.keys(JSON.parse(call.arguments))).toEqual(["city"]);
    const stream = client.responses.stream({ model: "stories", input, ...body });
    const types = new Set<string>();
    for await (const { type } of stream) types.add(type);
    expect(types).toContain("response.function_call_arguments.delta");
    expect((await stream.finalResponse()).output).toMatchObject([{ name: "weather", arguments: call.arguments }]);
    const second = await ask({
      previous_response_id: first.id,
      tools: [weather],
      tool_choice: "none",
      input: [{ type: "function_call_output", call_id: call.call_id, output: "30 degrees" }],
    });
    expect(second.output).toMatchObject([{ type: "message", role: "assistant" }]);
  });

  it("writes JSON of a schema, and refuses a schema that it could not keep to", async () => {
    const format = { type: "json_schema" as const, name: "place", schema: city };
    const { output_text } = await ask({ text: { format }, max_output_tokens: 100 });
    expect(Object.keys(JSON.parse(output_text))).toEqual(["city"]);
    await expect(ask({ text: { format: { ...format, schema: { not: {} } } } })).rejects.toThrow(/^400 .*not/);
  });
});

describe("what was answered", () => {
  // Which messages the model then sees is tested beside the code: the template of this model shows it the last one only.
  it("is continued, or sent again, or referred to", async () => {
    const first = await ask({ seed: 1 });
    const second = await ask({ previous_response_id: first.id, input: "And a cat?", seed: 2 });
    expect(second.previous_response_id).toBe(first.id);
    const again = await ask({
      seed: 2,
      store: false,
      input: [
        { role: "user", content: input },
        ...(first.output as OpenAI.Responses.ResponseOutputMessage[]),
        { type: "item_reference", id: second.output[0].id! },
        { role: "user", content: "And a cat?" },
      ],
    });
    expect(again.output_text).toBe(second.output_text);
    await expect(client.responses.retrieve(again.id)).rejects.toThrow(OpenAI.NotFoundError);
  });

  it("is kept until it is deleted, for the one who asked", async () => {
    const asked = await ask({ input: ["one", "two", "three"].map((content) => ({ role: "user" as const, content })) });
    expect(await client.responses.retrieve(asked.id)).toEqual(asked);
    const texts: string[] = [];
    for await (const item of client.responses.inputItems.list(asked.id, { order: "asc", limit: 2 })) {
      texts.push((item as { content: { text: string }[] }).content[0].text);
    }
    expect(texts).toEqual(["one", "two", "three"]);
    for (const [name, value] of Object.entries({ order: "sideways", after: "msg_nobody", limit: 0 })) {
      await expect(client.responses.inputItems.list(asked.id, { [name]: value })).rejects.toMatchObject({ status: 400, param: name });
    }
    await expect(stranger.responses.retrieve(asked.id)).rejects.toThrow(OpenAI.NotFoundError);
    await expect(ask({ previous_response_id: asked.id }, stranger)).rejects.toThrow(/400 there is no response "resp_/);
    await client.responses.delete(asked.id);
    await expect(client.responses.retrieve(asked.id)).rejects.toThrow(OpenAI.NotFoundError);
    await expect(ask({ previous_response_id: asked.id })).rejects.toThrow(/400 there is no response "resp_/);
  });
});

it.each<[string, Params, RegExp, string]>([
  ["work in the background", { background: true }, /background is true: expected false/, "background"],
  ["conversations", { conversation: "conv_1" }, /conversation is "conv_1": expected none: .* previous_response_id/, "conversation"],
  ["OpenAI's tools", { tools: [{ type: "web_search" }] }, /tools\[0\].type is "web_search": expected "function"/, "tools[0].type"],
  [
    "pictures",
    { input: [{ role: "user", content: [{ type: "input_image", detail: "auto" }] }] },
    /"input_image": expected "input_text"/,
    "input[0].content[0].type",
  ],
  ["silent truncation", { truncation: "auto" }, /truncation is "auto": expected "disabled"/, "truncation"],
  [
    "the name of another path",
    { max_tokens: 1 } as Params,
    /max_tokens is 1: expected none: here it is called max_output_tokens/,
    "max_tokens",
  ],
  ["what nobody can include", { include: ["bogus" as never] }, /include\[0\] is "bogus": expected "code_interpreter/, "include[0]"],
  ["what is misspelt", { instruction: "x" } as Params, /did you mean instructions/, "instruction"],
  ["an unknown reference", { input: [{ type: "item_reference", id: "msg_0" }] }, /input\[0\] refers to "msg_0"/, "input[0]"],
  ["a tool that is not there", { tool_choice: { type: "function", name: "f" } }, /there are none/, "tool_choice"],
  ["a prompt that is too long", { input: "dog ".repeat(5000) }, /the context holds 1024/, null as never],
])("refuses %s", async (_, body, message, param) => {
  for (const stream of [false, true]) {
    const error = await ask({ ...body, stream: stream as false }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ message: expect.stringMatching(message), param });
  }
});
