// OpenAI's own client against a real server: chat completions, models, errors, keys.
import { stat } from "node:fs/promises";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import type { ChatCompletion, ChatCompletionChunk } from "../src/wires/openai/chat-types.ts";
import { startTestServer, type TestServer } from "./start-server.ts";

const messages = [{ role: "user" as const, content: "Tell a story about a dog." }];
let server: TestServer;
let client: OpenAI;
beforeAll(async () => {
  server = await startTestServer([], { env: { CRIA_API_KEYS: "ann secret-1\nbob secret-2" } });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "secret-1", maxRetries: 0 });
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

it("answers in the types of the client", () => {
  expectTypeOf<ChatCompletion>().toExtend<OpenAI.ChatCompletion>();
  expectTypeOf<ChatCompletionChunk>().toExtend<OpenAI.ChatCompletionChunk>();
});

describe("chat.completions.create", () => {
  it("answers, counts, and answers the same to the same seed", async () => {
    const ask = () => client.chat.completions.create({ model: "stories", messages, seed: 5, max_completion_tokens: 24 });
    const [first, second] = [await ask(), await ask()];
    const { message, finish_reason } = first.choices[0];
    expect(message.role).toBe("assistant");
    expect(message.content).toMatch(/\w+ \w+/);
    expect(second.choices[0].message.content).toBe(message.content);
    expect(finish_reason).toBe("length");
    expect(first.usage).toMatchObject({ completion_tokens: 24, total_tokens: first.usage!.prompt_tokens + 24 });
    expect(second.usage!.prompt_tokens_details!.cached_tokens).toBeGreaterThan(0);
  });

  it("says what of the conversation the model is not shown, and shows it its tools", async () => {
    const conversation = [
      { role: "system" as const, content: "Be brief." },
      ...messages,
      { role: "assistant" as const, content: "A dog ran." },
      ...messages,
    ];
    for (const stream of [false, true]) {
      const body = JSON.stringify({ messages: conversation, max_tokens: 2, n: 2, stream });
      const headers = { Authorization: "Bearer secret-1" };
      const response = await fetch(`${server.url}/v1/chat/completions`, { method: "POST", headers, body });
      expect([response.status, response.headers.get("x-cria-left-out")]).toEqual([200, "system, history"]);
      expect(await response.text()).toContain('"finish_reason":"length"');
    }
    expect(server.log()).toContain('"leftOut":["system","history"]');
    const short = { model: "stories", messages, max_tokens: 2 };
    const { data: plain, response } = await client.chat.completions.create(short).withResponse();
    expect(response.headers.get("x-cria-left-out")).toBeNull();
    const tools = [{ type: "function" as const, function: { name: "weather", description: "Tells how warm it is." } }];
    const { usage } = await client.chat.completions.create({ ...short, tools });
    expect(usage!.prompt_tokens - plain.usage!.prompt_tokens).toBeGreaterThan(50);
  });

  it("streams the same text, with the usage at the end", async () => {
    const options = { model: "stories", messages, seed: 5, max_tokens: 24 };
    const whole = await client.chat.completions.create(options);
    const stream = await client.chat.completions.create({ ...options, stream: true, stream_options: { include_usage: true } });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe(whole.choices[0].message.content);
    expect(chunks[0].choices[0].delta.role).toBe("assistant");
    expect(chunks.at(-2)!.choices[0].finish_reason).toBe("length");
    expect(chunks.at(-1)!.choices).toEqual([]);
    expect(chunks.at(-1)!.usage).toMatchObject({ completion_tokens: 24 });
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
  });

  it("parses what zod asks for, patterns beside formats and lengths", async () => {
    const shape = z.object({
      day: z.iso.date(),
      mail: z.email(),
      id: z.uuidv4(),
      host: z.ipv4().nullable(),
      code: z.string().startsWith("ab").max(4),
      step: z.number().multipleOf(5).min(0).max(500),
      kind: z.discriminatedUnion("of", [z.object({ of: z.literal("a"), n: z.int32() }), z.object({ of: z.literal("b"), s: z.ulid() })]),
    });
    const response_format = zodResponseFormat(shape, "shape");
    const { choices } = await client.chat.completions.parse({ model: "stories", messages, seed: 3, max_tokens: 400, response_format });
    expect(choices[0].message.parsed).toEqual(shape.parse(JSON.parse(choices[0].message.content!)));
  });

  it("gives several answers to one prompt, each with a seed of its own", async () => {
    const { choices, usage } = await client.chat.completions.create({ model: "stories", messages, seed: 1, n: 3, max_tokens: 16 });
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(new Set(choices.map(({ message }) => message.content)).size).toBe(3);
    expect(usage!.completion_tokens).toBe(48);
  });

  it("tells log-probabilities of tokens and of their alternatives", async () => {
    const { choices } = await client.chat.completions.create({
      model: "stories",
      messages,
      max_tokens: 8,
      temperature: 0,
      logprobs: true,
      top_logprobs: 3,
    });
    const content = choices[0].logprobs!.content!;
    expect(content).toHaveLength(8);
    expect(new TextDecoder().decode(Uint8Array.from(content.flatMap(({ bytes }) => bytes!)))).toBe(choices[0].message.content);
    for (const { token, logprob, top_logprobs } of content) {
      expect(top_logprobs).toHaveLength(3);
      expect(top_logprobs[0]).toMatchObject({ token, logprob }); // temperature 0 takes the likeliest
      expect(top_logprobs[1].logprob).toBeLessThanOrEqual(logprob);
    }
  });

  it("forbids tokens, and stops before a text", async () => {
    const free = await client.chat.completions.create({ model: "stories", messages, temperature: 0, max_tokens: 12, logprobs: true });
    const text = free.choices[0].message.content!;
    const stop = text.split(" ")[3];
    const stopped = await client.chat.completions.create({ model: "stories", messages, temperature: 0, max_tokens: 12, stop: ` ${stop}` });
    expect(stopped.choices[0].message.content).toBe(text.slice(0, text.indexOf(` ${stop}`)));
    expect(stopped.choices[0].finish_reason).toBe("stop");
  });

  it("ends when its signal says so, and the server goes on", async () => {
    const controller = new AbortController();
    const stream = await client.chat.completions.create({ model: "stories", messages, stream: true }, { signal: controller.signal });
    let chunks = 0;
    for await (const _ of stream) if (++chunks === 5) controller.abort();
    expect(chunks).toBeLessThan(50);
    await expect.poll(() => server.log()).toMatch(/"gone":true/);
  });
});

describe("errors have the classes of the client", () => {
  it.each([
    ["a wrong model", { model: "gpt-4", messages }, OpenAI.NotFoundError, /there is no model "gpt-4"/, "model_not_found"],
    ["a wrong type", { model: "stories", messages, temperature: "hot" }, OpenAI.BadRequestError, /temperature is "hot"/, null],
    ["a wrong name", { model: "stories", messages, temprature: 1 }, OpenAI.BadRequestError, /did you mean temperature/, null],
    [
      "a prompt that is too long",
      { model: "stories", messages: [{ role: "user", content: "dog ".repeat(5000) }] },
      OpenAI.BadRequestError,
      /the context holds 1024/,
      "context_length_exceeded",
    ],
  ])("%s", async (_, body, kind, message, code) => {
    const error = await client.chat.completions.create(body as never).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ message: expect.stringMatching(message), code });
  });

  it("a wrong key, and none", async () => {
    const stranger = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "secret-3", maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toThrow(OpenAI.AuthenticationError);
    expect((await fetch(`${server.url}/v1/models`)).status).toBe(401);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  it("broken JSON, and a path where nothing is", async () => {
    const headers = { authorization: "Bearer secret-2" };
    const broken = await fetch(`${server.url}/v1/chat/completions`, { method: "POST", headers, body: '{"messages": [' });
    expect([broken.status, (await broken.json()).error.message]).toEqual([400, expect.stringMatching(/^the body is not JSON: /)]);
    expect((await fetch(`${server.url}/v1/nothing`, { headers })).status).toBe(404);
  });
});

it("reads a body that comes in pieces, and refuses one that is too large, whether it says so or not", async () => {
  const ask = async (body: BodyInit) => {
    const headers = { authorization: "Bearer secret-1" };
    const request = { method: "POST", headers, body, duplex: "half" };
    const response = await fetch(`${server.url}/v1/chat/completions`, request);
    return [response.status, (await response.json()).error?.code];
  };
  const pieces = (texts: readonly string[]) => new Blob([...texts]).stream();
  const [begin, end] = ['{"messages": [{"role": "user", "content": "', '"}], "max_tokens": 1}'];
  expect(await ask(pieces([begin, "Hi", end]))).toEqual([200, undefined]);
  const megabytes = new Array<string>(11).fill("x".repeat(1e6));
  expect(await ask(pieces([begin, ...megabytes, end]))).toEqual([413, "request_too_large"]);
  expect(await ask([begin, ...megabytes, end].join(""))).toEqual([413, "request_too_large"]);
});

it("lists models, and tells one", async () => {
  const { data } = await client.models.list();
  expect(data.map(({ id }) => id)).toEqual(["stories"]);
  const { mtimeMs } = await stat(new URL("../models/llama-cria-stories.gguf", import.meta.url));
  const stories = { id: "stories", object: "model", created: Math.floor(mtimeMs / 1000), owned_by: "cria" };
  expect(data).toEqual([stories]);
  expect(await client.models.retrieve("stories")).toEqual(stories);
  expect(await client.models.retrieve("stories:latest")).toEqual(stories);
  await expect(client.models.retrieve("storys")).rejects.toMatchObject({
    status: 404,
    error: { code: "model_not_found", message: 'there is no model "storys": did you mean stories?' },
  });
  await expect(client.models.retrieve("%")).rejects.toThrow(OpenAI.NotFoundError);
});

it("logs who asked for what and how much, and no word of it", async () => {
  await client.chat.completions.create({ model: "stories", messages: [{ role: "user", content: "xylophone" }], max_tokens: 2 });
  await expect
    .poll(() => server.log())
    .toMatch(/"owner":"ann","model":"stories","promptTokens":\d+,"cachedTokens":\d+,"generatedTokens":2/);
  expect(server.log()).not.toContain("xylophone");
});
