// Our own paths and llama.cpp's, asked as its users' scripts ask them.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { load } from "../src/index.ts";
import { startTestServer, type TestServer } from "./start-server.ts";

let server: TestServer;
const as = (key: string) => ({ authorization: `Bearer ${key}` });
beforeAll(async () => {
  server = await startTestServer([], { env: { CRIA_API_KEYS: "ann first\nbob second" } });
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

async function ask(path: string, body?: object, key = "first"): Promise<{ status: number; json: unknown; text: string }> {
  const init = body ? { method: "POST", body: JSON.stringify(body) } : {};
  const answer = await fetch(server.url + path, { ...init, headers: as(key) });
  const text = await answer.text();
  return { status: answer.status, text, json: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : {} };
}

describe("tokens", () => {
  it("are made of a text, alone or with what they stand for, and put together again", async () => {
    const content = "Once upon a time, a naïve 🦙 sang.";
    const { tokens } = (await ask("/tokenize", { content })).json as { tokens: number[] };
    expect((await ask("/detokenize", { tokens })).json).toEqual({ content });
    const pieces = ((await ask("/tokenize", { content, with_pieces: true })).json as { tokens: { id: number; piece: string | number[] }[] })
      .tokens;
    expect(pieces.map(({ id }) => id)).toEqual(tokens);
    const bytes = pieces.flatMap(({ piece }) => (typeof piece === "string" ? [...new TextEncoder().encode(piece)] : piece));
    expect(new TextDecoder().decode(Uint8Array.from(bytes))).toBe(content);
    expect(pieces.some(({ piece }) => Array.isArray(piece))).toBe(true);
  });

  it("are special where they are asked to be", async () => {
    const { bos_token } = (await ask("/props")).json as { bos_token: string };
    const count = async (options: object): Promise<number> =>
      ((await ask("/tokenize", { content: bos_token, ...options })).json as { tokens: number[] }).tokens.length;
    expect(await count({})).toBe(1);
    expect(await count({ parse_special: false })).toBeGreaterThan(1);
    expect(await count({ add_special: true })).toBe(2);
  });

  it.each([
    ["/tokenize", {}, "content is missing"],
    ["/tokenize", { content: 5 }, "content is 5: expected a text"],
    ["/detokenize", { tokens: [1, -1] }, /tokens\[1\] is -1/],
    ["/detokenize", { tokens: [1_000_000] }, /there is no token 1000000: expected ids below \d+/],
  ])("%s refuses %j", async (path, body, message) => {
    const { status, json } = await ask(path, body);
    expect([status, (json as { error: { message: string } }).error.message]).toEqual([
      400,
      typeof message === "string" ? message : expect.stringMatching(message),
    ]);
  });
});

it("/apply-template shows the prompt that a conversation becomes, and /completion continues it as a chat would", async () => {
  const messages = [{ role: "user", content: "Tell a story about a dog." }];
  const { prompt } = (await ask("/apply-template", { messages })).json as { prompt: string };
  expect(prompt).toContain("Tell a story about a dog.");
  const chat = { messages, max_tokens: 12, temperature: 0 };
  const answer = (await ask("/v1/chat/completions", chat)).json as { choices: { message: { content: string } }[] };
  const continued = (await ask("/completion", { prompt, n_predict: 12, temperature: 0 })).json as { content: string };
  expect(continued.content).toBe(answer.choices[0].message.content);
  expect((await ask("/apply-template", { messages: [] })).status).toBe(400);
});

describe("/completion", () => {
  const request = { prompt: "Once upon a time", n_predict: 12, seed: 7 };

  it("continues a text, and tells how it went", async () => {
    const { json } = await ask("/completion", request);
    expect(json).toMatchObject({
      content: expect.stringMatching(/\w+ \w+/),
      stop: true,
      stop_type: "limit",
      stopping_word: "",
      truncated: false,
      model: "stories",
      tokens_predicted: 12,
      generation_settings: { seed: 7 },
      timings: { predicted_n: 12, predicted_ms: expect.any(Number), predicted_per_second: expect.any(Number) },
    });
    const { tokens_evaluated, timings } = json as { tokens_evaluated: number; timings: Record<string, number> };
    expect(timings.prompt_n + timings.cache_n).toBe(tokens_evaluated);
  });

  it("streams the same text, object by object, the last one with the summary", async () => {
    const whole = (await ask("/completion", request)).json as { content: string };
    const { text } = await ask("/completion", { ...request, stream: true });
    const events = text
      .trim()
      .split("\n\n")
      .map((event) => JSON.parse(event.replace(/^data: /, "")));
    expect(events.map(({ content }) => content).join("")).toBe(whole.content);
    expect(events.map(({ stop }) => stop)).toEqual([...new Array(events.length - 1).fill(false), true]);
    expect(events.at(-1)).toMatchObject({ tokens_predicted: 12, stop_type: "limit" });
  });

  it("continues ids, stops before a word, tells ids and probabilities, and reads a prompt without writing", async () => {
    const { tokens } = (await ask("/tokenize", { content: request.prompt, add_special: true })).json as { tokens: number[] };
    const free = (await ask("/completion", { ...request, prompt: tokens, temperature: -1, return_tokens: true, n_probs: 2 })).json as {
      content: string;
      tokens: number[];
      completion_probabilities: { id: number; logprob: number; top_logprobs: { id: number }[] }[];
    };
    expect(free.tokens).toHaveLength(12);
    expect((await ask("/detokenize", { tokens: free.tokens })).json).toEqual({ content: free.content });
    for (const { id, logprob, top_logprobs } of free.completion_probabilities) {
      expect(top_logprobs.map((each) => each.id)).toContain(id);
      expect(logprob).toBeLessThanOrEqual(0);
    }
    const word = free.content.trim().split(" ")[2];
    const stopped = (await ask("/completion", { ...request, prompt: tokens, temperature: 0, stop: [word] })).json;
    expect(stopped).toMatchObject({ stop_type: "word", stopping_word: word, content: free.content.slice(0, free.content.indexOf(word)) });
    expect((await ask("/completion", { ...request, n_predict: 0 })).json).toMatchObject({ content: "", tokens_predicted: 0 });
  });

  it("ends where the context is full, and says so", async () => {
    const { contextLength, tokenizer } = await loaded();
    const ids = tokenizer!.encode("dog ".repeat(contextLength)).slice(0, contextLength - 3);
    expect((await ask("/completion", { prompt: ids, n_predict: -2 })).json).toMatchObject({ stop_type: "limit", truncated: true });
  });

  it.each([
    [{ prompt: "a", dry_multiplier: 0.8 }, "dry_multiplier is 0.8: cria does not have it, expected 0, or nothing"],
    [{ prompt: "a", mirostat: 1 }, "mirostat is 1: expected 0, off, or 2, the second version"],
    [{ prompt: { prompt_string: "a", multimodal_data: [] } }, "prompt is an object: expected a text, or a list of token ids"],
    [{ prompt: "a", grammar: 'root ::= "a"', json_schema: {} }, "grammar was given with json_schema: leave one of them out"],
    [{ prompt: "a", temperature: null }, /^temperature is null/],
    [{ prompt: [] }, /^the prompt is empty/],
  ])("refuses %j", async (body, message) => {
    const { status, json } = await ask("/completion", body);
    const told = (json as { error: { message: string } }).error.message;
    expect(status).toBe(400);
    expect(told).toMatch(message);
  });
});

it("/rerank puts the document that is most like the query first", async () => {
  const documents = ["zzz 9 zzz 9", "A dog ran over the hill.", "The dog ran up a hill."];
  const { json } = await ask("/rerank", { query: "The dog ran up a hill.", documents, top_n: 2, return_documents: true });
  const { results, method } = json as { results: { index: number; relevance_score: number; document: { text: string } }[]; method: string };
  expect(results.map(({ index, document }) => [index, document.text])).toEqual([
    [2, documents[2]],
    [1, documents[1]],
  ]);
  expect(results[0].relevance_score).toBeCloseTo(1, 5);
  expect(method).toMatch(/no reranker/);
  expect((await ask("/v1/rerank", { query: "a", documents: [] })).status).toBe(400);
});

it("/props tells what the model is, on what it runs, and the defaults", async () => {
  const { json } = await ask("/props");
  expect(json).toMatchObject({
    model_alias: "stories",
    default_generation_settings: { n_ctx: 1024, params: { temperature: 0.8, top_k: 40, n_predict: -1 } },
    chat_template: expect.stringContaining("messages"),
    build_info: expect.stringMatching(/^cria \d+\.\d+\.\d+, wasm \((relaxed|exact) SIMD, memory of its own\), 1 thread$/),
  });
  expect((await ask("/props?model=other")).status).toBe(404);
});

it("/slots tells what runs, whose it is to its owner alone, and no word of it", async () => {
  const controller = new AbortController();
  const stream = await fetch(`${server.url}/completion`, {
    method: "POST",
    headers: as("second"),
    body: JSON.stringify({ prompt: "A xylophone", stream: true, n_predict: -2 }),
    signal: controller.signal,
  });
  const reader = stream.body!.getReader();
  await reader.read();
  const seen = await Promise.all(["first", "second"].map((key) => ask("/slots", undefined, key)));
  for (const [i, { json, text }] of seen.entries()) {
    expect(json).toMatchObject([{ model: "stories", is_processing: true, state: "answering", n_ctx: 1024, yours: i === 1 }]);
    expect(text).not.toMatch(/xylophone|bob/);
  }
  controller.abort();
  await expect.poll(async () => (await ask("/slots")).json).toEqual([]);
});

describe("/metrics", () => {
  /** The value of a series, by its name and labels. */
  const read = async (series: string): Promise<number | undefined> => {
    const { text } = await ask("/metrics");
    const line = text.split("\n").find((each) => each.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length));
  };

  it("counts requests, tokens and times", async () => {
    const tokens = 'cria_generated_tokens_total{model="stories"}';
    const before = (await read(tokens)) ?? 0;
    await ask("/completion", { prompt: "A dog", n_predict: 5 });
    expect(await read(tokens)).toBe(before + 5);
    expect(await read('cria_requests_total{wire="native",path="/completion",status="200"}')).toBeGreaterThan(0);
    for (const histogram of ["cria_queue_wait_seconds", "cria_time_to_first_token_seconds", "cria_time_per_token_seconds"]) {
      expect(await read(`${histogram}_count{model="stories"}`)).toBeGreaterThan(0);
    }
    expect(await read("process_resident_memory_bytes")).toBeGreaterThan(1e7);
    expect(await read("nodejs_eventloop_lag_seconds")).toBeGreaterThanOrEqual(0);
  });

  it("tells what is loaded and what runs now", async () => {
    expect(await read("cria_models_loaded")).toBe(1);
    expect(await read('cria_cache_pages{model="stories"}')).toBe(64);
    for (const gauge of ["cria_cache_pages_held", "cria_answers_running", "cria_queue_length"]) {
      expect(await read(`${gauge}{model="stories"}`)).toBe(0);
    }
  });

  it("makes no series of what clients write", async () => {
    await ask("/v1/models/xylophone");
    await ask("/xylophone/1");
    await ask("/completion", { prompt: "a", model: "xylophone" });
    const { text } = await ask("/metrics");
    expect(text).not.toContain("xylophone");
    expect(text).toContain('path="none",status="404"');
    expect((await fetch(`${server.url}/metrics`)).status).toBe(401);
  });
});

async function loaded() {
  const llama = await load("models/llama-cria-stories.gguf", { threads: 1 });
  await llama.dispose();
  return llama;
}
