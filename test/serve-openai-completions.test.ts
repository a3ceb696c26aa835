// OpenAI's own client against a real server: text completions, as evaluation clients ask for them.
import { fileURLToPath } from "node:url";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { type Llama, load } from "../src/index.ts";
import type { Completion, CompletionChunk } from "../src/wires/openai/completion-types.ts";
import { startTestServer, type TestServer } from "./start-server.ts";

const bundled = fileURLToPath(new URL("../models/llama-cria-stories.gguf", import.meta.url));
const model = "stories";
const prompt = "Once upon a time there was a dog. It";
let server: TestServer;
let client: OpenAI;
/** The same model in this process, to compare with. */
let llama: Llama;
beforeAll(async () => {
  server = await startTestServer();
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 });
  llama = await load(bundled, { threads: 1, relaxedSimd: true });
});
afterAll(async () => {
  await llama.dispose();
  expect(await server.stop()).toBe(0);
});

const ask = (body: Partial<OpenAI.CompletionCreateParamsNonStreaming>) => client.completions.create({ model, prompt, ...body });

it("answers in the types of the client, but for the null that it leaves out", () => {
  type Logprobs = NonNullable<Completion["choices"][number]["logprobs"]>;
  expectTypeOf<Omit<Completion, "choices">>().toExtend<Omit<OpenAI.Completion, "choices">>();
  expectTypeOf<Omit<CompletionChunk, "choices" | "usage">>().toExtend<Omit<OpenAI.Completion, "choices" | "usage">>();
  expectTypeOf<keyof Logprobs>().toEqualTypeOf<keyof OpenAI.CompletionChoice.Logprobs>();
});

describe("completions.create", () => {
  it("continues a text by 16 tokens, and the same ids the same way", async () => {
    const { choices, usage, object } = await ask({ temperature: 0 });
    const ids = llama.tokenizer!.encode(prompt, { addSpecial: true });
    let text = "";
    for await (const piece of llama.generate(prompt, { temperature: 0, maxTokens: 16 })) text += piece.text;
    expect(choices).toEqual([{ index: 0, text, logprobs: null, finish_reason: "length" }]);
    expect([object, usage!.prompt_tokens, usage!.completion_tokens]).toEqual(["text_completion", ids.length, 16]);
    expect((await ask({ prompt: ids, temperature: 0 })).choices[0].text).toBe(text);
  });

  it("continues several texts, several times, in order", async () => {
    const prompts = [prompt, "The cat", "A bird"];
    const together = await ask({ prompt: prompts, n: 2, seed: 3, max_tokens: 8 });
    expect(together.choices.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
    for (const [i, text] of prompts.entries()) {
      const alone = await ask({ prompt: text, n: 2, seed: 3, max_tokens: 8 });
      expect(together.choices.slice(2 * i, 2 * i + 2).map((choice) => choice.text)).toEqual(alone.choices.map((choice) => choice.text));
    }
    expect(together.usage!.completion_tokens).toBe(48);
    const lists = prompts.map((text) => llama.tokenizer!.encode(text, { addSpecial: true }));
    expect((await ask({ prompt: lists, n: 2, seed: 3, max_tokens: 8 })).choices).toEqual(together.choices);
    expect(together.usage!.prompt_tokens).toBe(lists.flat().length);
  });

  it("streams the same, with usage, prompt and log-probabilities", async () => {
    const body = { temperature: 0, max_tokens: 6, echo: true, logprobs: 2 };
    const whole = await ask(body);
    const stream = await client.completions.create({ model, prompt, ...body, stream: true, stream_options: { include_usage: true } });
    const chunks: OpenAI.Completion[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const parts = chunks.flatMap(({ choices }) => choices);
    expect(parts.map(({ text }) => text).join("")).toBe(whole.choices[0].text);
    expect(parts.flatMap(({ logprobs }) => logprobs?.token_logprobs ?? [])).toEqual(whole.choices[0].logprobs!.token_logprobs);
    expect(parts.map(({ finish_reason }) => finish_reason).filter(Boolean)).toEqual(["length"]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 6 } });
    expect(parts.length).toBeGreaterThan(6);
  });

  it("tells the log-probabilities of a prompt without writing a token, as lm-eval asks for them", async () => {
    const ids = llama.tokenizer!.encode(prompt, { addSpecial: true });
    const { choices, usage } = await ask({ prompt: [ids], echo: true, logprobs: 1, max_tokens: 0, temperature: 0 });
    const { tokens, token_logprobs, top_logprobs, text_offset } = choices[0].logprobs!;
    expect(choices[0].text).toBe(prompt);
    expect(usage).toMatchObject({ prompt_tokens: ids.length, completion_tokens: 0 });
    expect(token_logprobs![0]).toBeNull();
    expect(top_logprobs![0]).toBeNull();
    expect(Float32Array.from(token_logprobs!.slice(1))).toBeWithin(1e-5, await llama.logProbs(ids));
    // The likeliest token is the greedy one, to the last bit: clients compare for equality.
    const logits = await llama.logits(ids);
    const { vocabSize } = llama.config;
    for (let i = 1; i < ids.length; i++) {
      const row = logits.subarray((i - 1) * vocabSize, i * vocabSize);
      const greedy = row.every((score) => score <= row[ids[i]]);
      expect(Math.max(...Object.values(top_logprobs![i])) === token_logprobs![i], tokens![i]).toBe(greedy);
    }
    // Each token stands where it says; the first one of a text has lost its space.
    for (const [i, token] of tokens!.entries()) if (i > 1) expect(prompt.startsWith(token, text_offset![i]), token).toBe(true);
  });

  it("goes on where the prompt ends: offsets and log-probabilities of both", async () => {
    const { choices } = await ask({ echo: true, logprobs: 3, max_tokens: 4, temperature: 0 });
    const { text, logprobs } = choices[0];
    expect(text.startsWith(prompt)).toBe(true);
    expect(logprobs!.tokens).toHaveLength(llama.tokenizer!.encode(prompt, { addSpecial: true }).length + 4);
    const last = logprobs!.tokens!.slice(-4);
    expect(last.join("")).toBe(text.slice(prompt.length));
    expect(logprobs!.text_offset!.at(-4)).toBe(prompt.length);
    for (const [i, top] of logprobs!.top_logprobs!.slice(-4).entries()) {
      expect(Object.keys(top)).toHaveLength(3);
      expect(Math.max(...Object.values(top))).toBe(top[last[i]]); // temperature 0
    }
  });

  it("counts characters, not bytes: a character may be several tokens", async () => {
    const { choices } = await ask({ prompt: "née 🦙 x", echo: true, logprobs: 0, max_tokens: 0 });
    const { tokens, text_offset } = choices[0].logprobs!;
    expect(choices[0].text).toBe("née 🦙 x");
    expect(tokens!.some((token) => /^bytes:(\\x[0-9a-f]{2})+$/.test(token))).toBe(true);
    expect(text_offset!.at(-1)).toBeGreaterThanOrEqual([..."née 🦙"].length);
    expect(text_offset!.at(-1)).toBeLessThan([..."née 🦙 x"].length);
  });

  it("keeps the best of several", async () => {
    const [all, best] = await Promise.all([
      ask({ seed: 7, n: 4, max_tokens: 8, logprobs: 0 }),
      ask({ seed: 7, n: 1, best_of: 4, max_tokens: 8, logprobs: 0 }),
    ]);
    const mean = ({ logprobs }: OpenAI.CompletionChoice): number => logprobs!.token_logprobs!.reduce((sum, x) => sum + x, 0) / 8;
    expect(mean(best.choices[0])).toBe(Math.max(...all.choices.map(mean)));
    expect(best.usage!.completion_tokens).toBe(32);
  });

  it("stops before a text, and reads special tokens that a template wrote", async () => {
    const free = (await ask({ temperature: 0 })).choices[0].text;
    const stop = free.trim().split(" ")[2];
    const stopped = await ask({ temperature: 0, stop });
    expect(stopped.choices[0]).toMatchObject({ text: free.slice(0, free.indexOf(stop)), finish_reason: "stop" });
    const [special, id] = [...llama.tokenizer!.specialTokens].find(([, each]) => each === llama.tokenizer!.bosId)!;
    const { choices } = await ask({ prompt: `${special}Hi`, echo: true, logprobs: 0, max_tokens: 0 });
    expect(choices[0].logprobs!.tokens).toHaveLength(llama.tokenizer!.encode("Hi", { addSpecial: true }).length);
    expect(id).toBe(llama.tokenizer!.bosId);
  });
});

it.each([
  ["a suffix", { suffix: "end" }, /^400 suffix is "end": expected none: this model continues a text/],
  ["no prompts", { prompt: [] as string[] }, /^400 prompt is a list of 0/],
  ["half an id", { prompt: [1, 2.5] }, /^400 prompt\[1\] is 2.5: expected a token id, a whole number/],
  ["ids among texts", { prompt: ["a", 1] as never }, /^400 prompt is a list of 2: expected texts, .* not a mixture/],
  ["an unknown id", { prompt: [999_999] }, /^400 .*999999/],
  ["less than it asks for", { n: 2, best_of: 1 }, /^400 best_of is 1: expected at least n, which is 2/],
  ["too many", { prompt: new Array<string>(100).fill("a"), n: 100 }, /^400 100 prompts ask for 100 answers each: expected at most 4096/],
  ["a long prompt", { prompt: "dog ".repeat(5000) }, /^400 prompt has at least \d+ tokens, the context holds 1024/],
  [
    "a long prompt to read",
    { prompt: "dog ".repeat(5000), echo: true, max_tokens: 0 },
    /^400 prompt has at least \d+ tokens, the context holds 1024/,
  ],
])("refuses %s", async (_, body, message) => {
  const error = await ask(body).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OpenAI.BadRequestError);
  expect(error).toMatchObject({ message: expect.stringMatching(message) });
});
