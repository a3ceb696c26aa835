// Anthropic's own client against a real server.
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import type { AnthropicMessage, AnthropicModel, MessageEvent } from "../src/wires/anthropic/message-types.ts";
import { startTestServer, type TestServer } from "./start-server.ts";

const messages = [{ role: "user" as const, content: "Tell a story about a dog." }];
const model = "stories";
let server: TestServer;
let client: Anthropic;
beforeAll(async () => {
  server = await startTestServer([], { env: { CRIA_API_KEYS: "ann secret-1" } });
  client = new Anthropic({ baseURL: server.url, apiKey: "secret-1", maxRetries: 0 });
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

it("answers in the types of the client", () => {
  expectTypeOf<AnthropicMessage>().toExtend<Anthropic.Message>();
  expectTypeOf<MessageEvent>().toExtend<Anthropic.RawMessageStreamEvent>();
  expectTypeOf<AnthropicModel>().toExtend<Anthropic.ModelInfo>();
});

describe("messages", () => {
  const greedy = { model, messages, max_tokens: 24, temperature: 0 };

  it("answers, counts, and streams the same", async () => {
    const whole = await client.messages.create(greedy);
    expect(whole).toMatchObject({ type: "message", role: "assistant", model, stop_reason: "max_tokens", usage: { output_tokens: 24 } });
    expect(whole.id).toMatch(/^msg_/);
    expect(whole._request_id).toMatch(/^req_/);
    const [block] = whole.content;
    expect(block).toMatchObject({ type: "text", text: expect.stringMatching(/\w+ \w+/) });

    const stream = client.messages.stream(greedy);
    let text = "";
    stream.on("text", (piece) => (text += piece));
    const final = await stream.finalMessage();
    expect(final.content).toEqual(whole.content);
    expect(text).toBe((block as Anthropic.TextBlock).text);
    expect(final.stop_reason).toBe("max_tokens");
    expect(final.usage.output_tokens).toBe(24);
    expect(final.usage.cache_read_input_tokens).toBeGreaterThan(0);

    const counted = await client.messages.countTokens({ model, messages });
    expect(counted.input_tokens).toBe(final.usage.input_tokens + final.usage.cache_read_input_tokens!);
    expect(whole.usage.input_tokens + whole.usage.cache_read_input_tokens!).toBe(counted.input_tokens);
  });

  it("sends events by their names, with a ping after the start", async () => {
    const headers = { "x-api-key": "secret-1" };
    const body = JSON.stringify({ ...greedy, max_tokens: 2, stream: true });
    const response = await fetch(`${server.url}/v1/messages`, { method: "POST", headers, body });
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
    const events = (await response.text()).trimEnd().split("\n\n");
    const names = events.map((event) => /^event: (\w+)\ndata: (.*)$/.exec(event)!);
    expect(names.map(([, name]) => name).slice(0, 3)).toEqual(["message_start", "ping", "content_block_start"]);
    expect(names.at(-1)![1]).toBe("message_stop");
    for (const [, name, data] of names) expect(JSON.parse(data).type).toBe(name);
  });

  it("stops before a text, and says which", async () => {
    const free = (await client.messages.create(greedy)).content[0] as Anthropic.TextBlock;
    const stop = ` ${free.text.split(" ")[3]}`;
    const stopped = await client.messages.create({ ...greedy, stop_sequences: ["zebra", stop] });
    expect(stopped).toMatchObject({ stop_reason: "stop_sequence", stop_sequence: stop });
    expect((stopped.content[0] as Anthropic.TextBlock).text).toBe(free.text.slice(0, free.text.indexOf(stop)));
  });

  it("goes on from how the answer begins", async () => {
    const free = (await client.messages.create(greedy)).content[0] as Anthropic.TextBlock;
    const opening = free.text.split(" ").slice(0, 3).join(" ");
    const rest = await client.messages.create({ ...greedy, messages: [...messages, { role: "assistant", content: opening }] });
    expect((rest.content[0] as Anthropic.TextBlock).text.slice(0, 20)).toBe(free.text.slice(opening.length, opening.length + 20));
  });

  it("writes JSON of a schema", async () => {
    const schema = {
      type: "object",
      properties: { name: { enum: ["Rex", "Bello"] }, age: { type: "integer", minimum: 1, maximum: 9 } },
      required: ["name", "age"],
      additionalProperties: false,
    };
    const output_config = { format: { type: "json_schema" as const, schema } };
    const { content, stop_reason } = await client.messages.create({ model, messages, max_tokens: 60, output_config });
    expect(stop_reason).toBe("end_turn");
    const { name, age } = JSON.parse((content[0] as Anthropic.TextBlock).text);
    expect(["Rex", "Bello"]).toContain(name);
    expect(Number.isInteger(age) && age >= 1 && age <= 9).toBe(true);
    const not = { format: { type: "json_schema" as const, schema: { type: "object", properties: { a: { not: { type: "null" } } } } } };
    await expect(client.messages.create({ model, messages, max_tokens: 9, output_config: not })).rejects.toThrow(/keyword \\"not\\"/);
  });

  it("calls the tool that it has to call, whole and in pieces, and takes its result", async () => {
    const input_schema = { type: "object" as const, properties: { city: { enum: ["Rome", "Oslo"] } }, required: ["city"] };
    const tools = [
      { name: "weather", description: "Tells the weather", input_schema },
      { name: "time", input_schema },
    ];
    const asked = { model, messages, max_tokens: 90, tools };
    const whole = await client.messages.create({ ...asked, tool_choice: { type: "tool", name: "weather" } });
    expect(whole.stop_reason).toBe("tool_use");
    const call = whole.content.find((block) => block.type === "tool_use")!;
    expect(call).toMatchObject({ name: "weather", input: { city: expect.stringMatching(/^(Rome|Oslo)$/) } });

    const final = await client.messages.stream({ ...asked, tool_choice: { type: "any", disable_parallel_tool_use: true } }).finalMessage();
    expect(final.stop_reason).toBe("tool_use");
    const streamed = final.content.find((block) => block.type === "tool_use")!;
    expect(["weather", "time"]).toContain(streamed.name);
    expect(streamed.input).toMatchObject({ city: expect.stringMatching(/^(Rome|Oslo)$/) });

    const result = { type: "tool_result" as const, tool_use_id: call.id, content: "rain" };
    const next = [...messages, { role: "assistant" as const, content: whole.content }, { role: "user" as const, content: [result] }];
    const after = await client.messages.create({ ...asked, messages: next, tool_choice: { type: "none" } });
    expect(after.content.every((block) => block.type === "text")).toBe(true);
    const counted = await client.messages.countTokens({ model, messages: next, tools });
    expect(counted.input_tokens).toBeGreaterThan((await client.messages.countTokens({ model, messages })).input_tokens);
  });

  it("ends when the client aborts, and the server goes on", async () => {
    const stream = client.messages.stream({ model, messages, max_tokens: 900 });
    let pieces = 0;
    stream.on("text", () => ++pieces === 5 && stream.abort());
    await expect(stream.finalMessage()).rejects.toThrow(Anthropic.APIUserAbortError);
    expect(pieces).toBeLessThan(100);
    await expect.poll(() => server.log()).toMatch(/"path":"\/v1\/messages".*"gone":true/);
  });
});

describe("errors have the classes and types of the client", () => {
  it.each([
    ["a wrong model", { model: "claude" }, Anthropic.NotFoundError, "not_found_error", /there is no model \\"claude\\"/],
    ["a wrong type", { temperature: "hot" }, Anthropic.BadRequestError, "invalid_request_error", /temperature is \\"hot\\"/],
    ["a wrong name", { temprature: 1 }, Anthropic.BadRequestError, "invalid_request_error", /did you mean temperature/],
    ["no max_tokens", { max_tokens: undefined }, Anthropic.BadRequestError, "invalid_request_error", /max_tokens is missing/],
    [
      "a prompt that is too long",
      { messages: [{ role: "user", content: "dog ".repeat(5000) }] },
      Anthropic.BadRequestError,
      "invalid_request_error",
      /prompt is too long: prompt has at least \d+ tokens, the context holds 1024/,
    ],
  ])("%s", async (_, given, kind, type, message) => {
    for (const stream of [false, true]) {
      const body = { model, messages, max_tokens: 5, ...given, stream };
      const error = await client.messages.create(body as never).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(kind);
      expect(error).toMatchObject({ type, message: expect.stringMatching(message) });
      expect((error as InstanceType<typeof Anthropic.APIError>).requestID).toMatch(/^req_/);
    }
  });

  it("a wrong key, and broken JSON", async () => {
    const stranger = new Anthropic({ baseURL: server.url, apiKey: "secret-2", maxRetries: 0 });
    await expect(stranger.messages.create({ model, messages, max_tokens: 1 })).rejects.toThrow(Anthropic.AuthenticationError);
    await expect(stranger.models.list()).rejects.toMatchObject({ type: "authentication_error" });
    const headers = { "x-api-key": "secret-1" };
    const broken = await fetch(`${server.url}/v1/messages`, { method: "POST", headers, body: '{"model": ' });
    expect([broken.status, await broken.json()]).toEqual([
      400,
      {
        type: "error",
        error: { type: "invalid_request_error", message: expect.stringMatching(/^the body is not JSON/) },
        request_id: expect.stringMatching(/^req_/),
      },
    ]);
  });
});

it("lists models, and tells one", async () => {
  const page = await client.models.list();
  expect(page.data).toMatchObject([{ type: "model", id: model }]);
  expect(page.hasNextPage()).toBe(false);
  expect(await client.models.retrieve(model)).toMatchObject({ id: model, display_name: model });
  await expect(client.models.retrieve("claude")).rejects.toThrow(Anthropic.NotFoundError);
});
