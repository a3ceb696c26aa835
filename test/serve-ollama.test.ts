// Ollama's own client against a real server.
import { type ChatResponse, Ollama } from "ollama";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "./start-server.ts";

const messages = [{ role: "user", content: "Tell a story about a dog." }];
const headers = { authorization: "Bearer secret-1" };
let server: TestServer;
let client: Ollama;
beforeAll(async () => {
  server = await startTestServer([], { env: { CRIA_API_KEYS: "ann secret-1" } });
  client = new Ollama({ host: server.url, headers });
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

it("tells programs at its root what they look for, and browsers the page, without a key", async () => {
  for (const method of ["GET", "HEAD"]) {
    const told = await fetch(server.url, { method });
    expect([told.status, await told.text()]).toEqual([200, method === "GET" ? "Ollama is running" : ""]);
  }
  const page = await fetch(server.url, { headers: { accept: "text/html,*/*;q=0.8" } });
  expect([page.headers.get("content-type"), page.headers.get("vary")]).toEqual(["text/html; charset=utf-8", "Accept"]);
});

describe("chat", () => {
  const options = { seed: 5, num_predict: 24 };

  it("answers, and streams the same", async () => {
    const whole = await client.chat({ model: "stories", messages, options });
    expect(whole).toMatchObject({ model: "stories", done: true, done_reason: "length", eval_count: 24 });
    expect(whole.message).toMatchObject({ role: "assistant", content: expect.stringMatching(/\w+ \w+/) });
    for (const name of ["total_duration", "load_duration", "prompt_eval_count", "prompt_eval_duration", "eval_duration"] as const) {
      expect(whole[name], name).toBeGreaterThan(0);
    }
    expect(Date.now() - Date.parse(String(whole.created_at))).toBeLessThan(60_000);

    const parts: ChatResponse[] = [];
    for await (const part of await client.chat({ model: "stories:latest", messages, options, stream: true })) parts.push(part);
    expect(parts.length).toBeGreaterThan(5);
    expect(parts.map((part) => part.message.content).join("")).toBe(whole.message.content);
    expect(parts.map((part) => part.done)).toEqual([...Array(parts.length - 1).fill(false), true]);
    expect(parts.at(-1)).toMatchObject({ done_reason: "length", eval_count: 24, prompt_eval_count: whole.prompt_eval_count });
  });

  it("streams unless told otherwise, as JSON lines", async () => {
    const body = JSON.stringify({ model: "stories", messages, options: { num_predict: 3 } });
    const response = await fetch(`${server.url}/api/chat`, { method: "POST", headers, body });
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = (await response.text()).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).done).at(-1)).toBe(true);
    expect(lines.length).toBeGreaterThan(1);
  });

  it("stops before a text, and tells log-probabilities", async () => {
    const greedy = { temperature: 0, num_predict: 12 };
    const free = await client.chat({ model: "stories", messages, options: greedy, logprobs: true, top_logprobs: 2 });
    const text = free.message.content;
    expect(free.logprobs!.map(({ token }) => token).join("")).toBe(text);
    expect(free.logprobs!.every(({ top_logprobs, token }) => top_logprobs!.length === 2 && top_logprobs![0].token === token)).toBe(true);
    const stop = ` ${text.split(" ")[3]}`;
    const stopped = await client.chat({ model: "stories", messages, options: { ...greedy, stop: [stop] } });
    expect(stopped.message.content).toBe(text.slice(0, text.indexOf(stop)));
    expect(stopped.done_reason).toBe("stop");
  });

  it("writes JSON, of a schema and any", async () => {
    const format = { type: "object", properties: { name: { enum: ["Rex", "Bello"] } }, required: ["name"], additionalProperties: false };
    const { message } = await client.chat({ model: "stories", messages, format, options: { num_predict: 60 } });
    expect(["Rex", "Bello"]).toContain(JSON.parse(message.content).name);
    const { response } = await client.generate({ model: "stories", prompt: "Hi", format: "json", options: { num_predict: 200, seed: 1 } });
    expect(response).toMatch(/^\{/);
    const not = { type: "object", properties: { a: { not: { type: "null" } } } };
    await expect(client.chat({ model: "stories", messages, format: not })).rejects.toMatchObject({
      status_code: 400,
      message: expect.stringMatching(/keyword "not"/),
    });
  });

  it("takes calls of tools and their results, as Ollama's clients send them", async () => {
    const tools = [
      { type: "function", function: { name: "weather", description: "Tells it", parameters: { type: "object", properties: {} } } },
    ];
    const history = [
      ...messages,
      { role: "assistant", content: "", tool_calls: [{ function: { name: "weather", arguments: { city: "Rome" } } }] },
      { role: "tool", content: "rain", tool_name: "weather" },
    ];
    const { message } = await client.chat({ model: "stories", messages: history, tools, options: { num_predict: 8, seed: 1 } });
    expect(message.content).toMatch(/\w/);
  });

  it("does not think where the model cannot", async () => {
    await expect(client.chat({ model: "stories", messages, think: true })).rejects.toMatchObject({
      status_code: 400,
      message: '"stories" does not support thinking',
    });
    expect(await client.chat({ model: "stories", messages, think: false, options: { num_predict: 2 } })).toMatchObject({ done: true });
  });

  it("ends when the client aborts, and the server goes on", async () => {
    const stream = await client.chat({ model: "stories", messages, stream: true, options: { num_predict: 900 } });
    let parts = 0;
    const reading = (async () => {
      for await (const _ of stream) if (++parts === 5) stream.abort();
    })();
    await expect(reading).rejects.toThrow(/abort/);
    expect(parts).toBeLessThan(100);
    await expect.poll(() => server.log()).toMatch(/"path":"\/api\/chat".*"gone":true/);
  });
});

describe("generate", () => {
  it("goes on from the ids of an earlier answer", async () => {
    const options = { seed: 3, num_predict: 10 };
    const first = await client.generate({ model: "stories", prompt: "Tell a story about a cat.", system: "Be brief.", options });
    expect(first).toMatchObject({ response: expect.stringMatching(/\w/), done: true });
    expect(first.context.length).toBe(first.prompt_eval_count + 10);
    const second = await client.generate({ model: "stories", prompt: "And then?", context: first.context, options });
    expect(second.context.slice(0, first.context.length)).toEqual(first.context);
    expect(second.prompt_eval_count).toBeGreaterThan(first.context.length);
    await expect(client.generate({ model: "stories", prompt: "x", context: [1e6], options })).rejects.toThrow(/1000000/);
  });

  it("takes a text as it is, special tokens in it included", async () => {
    const ask = (prompt: string) => client.generate({ model: "stories", prompt, raw: true, options: { num_predict: 1 } });
    const plain = await ask("Once");
    expect(plain.context).toBeUndefined();
    const marked = await ask("Once<|eot_id|>");
    expect(marked.prompt_eval_count).toBe(plain.prompt_eval_count + 1);
  });

  it("streams", async () => {
    let text = "";
    let last: { context: number[] } | undefined;
    const options = { seed: 1, num_predict: 8 };
    for await (const part of await client.generate({ model: "stories", prompt: "Hi", stream: true, options })) {
      text += part.response;
      last = part;
    }
    const whole = await client.generate({ model: "stories", prompt: "Hi", options });
    expect(text).toBe(whole.response);
    expect(last!.context).toEqual(whole.context);
  });
});

describe("embed", () => {
  const length = (vector: readonly number[]) => Math.hypot(...vector);
  const cosine = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0) / length(a) / length(b);

  it("gives each text a vector of length 1, cut where fewer dimensions are asked for", async () => {
    const input = ["The dog ran home.", "A dog ran to its house."];
    const { embeddings, prompt_eval_count, total_duration } = await client.embed({ model: "stories", input });
    expect(embeddings.map((vector) => vector.length)).toEqual([192, 192]);
    for (const vector of embeddings) expect(length(vector)).toBeCloseTo(1, 5);
    expect(prompt_eval_count).toBeGreaterThan(8);
    expect(total_duration).toBeGreaterThan(0);
    const short = (await client.embed({ model: "stories", input: input[0], dimensions: 16 })).embeddings;
    expect(cosine(short[0], embeddings[0].slice(0, 16))).toBeCloseTo(1, 5);

    const { embedding } = await client.embeddings({ model: "stories", prompt: input[0] }); // the older path
    expect(cosine(embedding, embeddings[0])).toBeCloseTo(1, 5);
    expect(length(embedding)).not.toBeCloseTo(1, 1);
  });

  it("no text: the model is loaded", async () => {
    expect(await client.embed({ model: "stories", input: "" })).toMatchObject({ embeddings: [] });
    expect(await client.embeddings({ model: "stories", prompt: "" })).toEqual({ embedding: [] });
  });

  it("a text that is too long is cut, or refused when that is asked for", async () => {
    const input = "dog ".repeat(3000);
    await expect(client.embed({ model: "stories", input, truncate: false })).rejects.toMatchObject({
      status_code: 400,
      message: expect.stringMatching(/1024/),
    });
    expect(await client.embed({ model: "stories", input })).toMatchObject({ prompt_eval_count: 1024 });
  });
});

describe("errors are sentences with a status", () => {
  it.each([
    ["a wrong model", { model: "llama9", messages }, 404, /"llama9".*expected stories/],
    ["a wrong type", { model: "stories", messages, options: { temperature: "hot" } }, 400, /^options\.temperature is "hot"/],
    [
      "too large a context",
      { model: "stories", messages, options: { num_ctx: 4096 } },
      400,
      /num_ctx is 4096: stories has a context of 1024/,
    ],
    [
      "a prompt that is too long",
      { model: "stories", messages: [{ role: "user", content: "dog ".repeat(5000) }] },
      400,
      /the context holds 1024/,
    ],
    ["an image", { model: "stories", messages: [{ role: "user", content: "What?", images: ["aGk="] }] }, 400, /reads text only/],
  ])("%s", async (_, body, status, message) => {
    for (const stream of [false, true]) {
      const error = await client.chat({ ...body, stream } as never).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: "ResponseError", status_code: status, message: expect.stringMatching(message) });
    }
  });

  it("a wrong key, and broken JSON", async () => {
    const stranger = new Ollama({ host: server.url, headers: { authorization: "Bearer secret-2" } });
    await expect(stranger.chat({ model: "stories", messages })).rejects.toMatchObject({ status_code: 401 });
    const broken = await fetch(`${server.url}/api/chat`, { method: "POST", headers, body: '{"model": ' });
    expect([broken.status, await broken.json()]).toEqual([400, { error: expect.stringMatching(/^the body is not JSON/) }]);
  });
});

it("named models are not changed by clients", async () => {
  const refused = { status_code: 403, message: expect.stringMatching(/named when it was started/) };
  await expect(client.pull({ model: "hf:a/b" })).rejects.toMatchObject(refused);
  await expect(client.create({ model: "x", from: "stories" })).rejects.toMatchObject(refused);
  await expect(client.copy({ source: "stories", destination: "x" })).rejects.toMatchObject(refused);
  await expect(client.delete({ model: "stories" })).rejects.toMatchObject(refused);
});
