// OpenAI's own client against a real server: embeddings.
import { fileURLToPath } from "node:url";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Llama, load } from "../src/index.ts";
import { startTestServer, type TestServer } from "./start-server.ts";

const bundled = fileURLToPath(new URL("../models/llama-cria-stories.gguf", import.meta.url));
const texts = ["Once upon a time.", "A dog.", "A dog."];
let server: TestServer;
let client: OpenAI;
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

const ask = (body: Partial<OpenAI.EmbeddingCreateParams>) => client.embeddings.create({ model: "stories", input: texts, ...body });

it("gives the vectors of the library, however they travel", async () => {
  const { embeddings, promptTokens } = await llama.embed(texts);
  // Without encoding_format the client asks for base64, and decodes it.
  for (const encoding_format of [undefined, "float"] as const) {
    const { data, usage, model } = await ask({ encoding_format });
    expect(data.map(({ index }) => index)).toEqual([0, 1, 2]);
    data.forEach(({ embedding }, i) => {
      expect(Float32Array.from(embedding)).toEqual(embeddings[i]);
    });
    expect([usage, model]).toEqual([{ prompt_tokens: promptTokens, total_tokens: promptTokens }, "stories"]);
  }
  const { data } = await ask({ encoding_format: "base64" });
  const bytes = Buffer.from(data[0].embedding as unknown as string, "base64");
  expect(new Float32Array(new Uint8Array(bytes).buffer)).toEqual(embeddings[0]);
});

it("takes ids and fewer dimensions, and refuses what it cannot do", async () => {
  const ids = llama.tokenizer!.encode(texts[1], { addSpecial: true });
  const [one, many, text] = await Promise.all([ids, [ids, ids], texts[1]].map((input) => ask({ input })));
  expect(one.data).toEqual(text.data);
  expect(many.data.map(({ embedding }) => embedding)).toEqual([one.data[0].embedding, one.data[0].embedding]);
  const { embeddings } = await llama.embed([texts[1]], { dimensions: 8 });
  expect(Float32Array.from((await ask({ input: texts[1], dimensions: 8 })).data[0].embedding)).toEqual(embeddings[0]);
  await expect(ask({ dimensions: 1e6 })).rejects.toThrow(/^400 dimensions is 1000000, expected a whole number from 1 to/);
  await expect(ask({ input: ["a", ""] })).rejects.toThrow(/^400 text 2 of 2 is empty/);
  await expect(ask({ input: "dog ".repeat(5000) })).rejects.toThrow(/^400 the text has at least \d+ tokens, the context holds 1024/);
});
