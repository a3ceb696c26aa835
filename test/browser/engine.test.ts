// The library where a page has it: bundled by Vite, in a Worker, the model from a URL or a Blob, tokens streamed out as messages.
import { describe, expect, inject, it } from "vitest";
import { commands } from "vitest/browser";
import { load } from "../../src/index.ts";
import { openCheckpoint } from "../../src/model/index.ts";
import { absolute, ask, collect, download, expectAnswers, loadInto, startEngine } from "./engines.ts";

const tiny = inject("tiny");
const folder = inject("folder");
const smollm2 = inject("smollm2");
const isolated = inject("isolated");

describe("a model in a Worker", () => {
  it.each([
    ["the URL of a GGUF file", tiny],
    ["the URL of a folder with safetensors", folder],
  ])("%s answers as PyTorch does", async (_, { url, answers }) => {
    const engine = await startEngine();
    await loadInto(engine, absolute(url));
    await expectAnswers(engine, answers);
  });

  it("answers as PyTorch does from a Blob", async () => {
    const engine = await startEngine();
    await loadInto(engine, await download(tiny.url));
    await expectAnswers(engine, tiny.answers);
  });

  it("answers with what it is asked for, characters of several tokens included", async () => {
    const engine = await startEngine();
    await loadInto(engine, absolute(tiny.url));
    const format = { kind: "schema", schema: { const: { größe: "日本 🙂" } } } as const;
    const pieces = await collect(engine.ask({ kind: "answer", prompt: "KING", options: { format } }));
    expect(JSON.parse(pieces.map(({ text }) => text).join(""))).toEqual({ größe: "日本 🙂" });
  });

  it("stops when it is told to, and then answers the next", async () => {
    const engine = await startEngine();
    await loadInto(engine, absolute(tiny.url), { contextLength: 100_000 });
    const endless = engine.ask({ kind: "answer", prompt: "KING", options: { ignoreEos: true } });
    let pieces = 0;
    const told = async (): Promise<void> => {
      for await (const _ of endless) if (++pieces === 3) engine.abort();
    };
    await expect(told()).rejects.toMatchObject({ name: "AbortError" });
    expect(pieces).toBeGreaterThanOrEqual(3);
    await expectAnswers(engine, tiny.answers);
  });

  it.each<[string, string, Blob | string]>([
    ["a text", "expected a .gguf", new Blob(["Once upon a time"])],
    ["a URL that leads nowhere", "answered 404", absolute("/none.gguf")],
  ])("says in a sentence what is wrong with %s", async (_, sentence, model) => {
    const loading = loadInto(await startEngine(), model);
    await expect(loading).rejects.toMatchObject({ name: "UsageError", message: expect.stringContaining(sentence) });
  });
});

describe.skipIf(!smollm2)("SmolLM2-135M-Instruct in a Worker", () => {
  const { path, url, answers } = smollm2 ?? tiny;

  // A download of 90 MB: one way in each kind of page. The tiny ones come both ways in both.
  it(`answers as PyTorch does, exactly, from a ${isolated ? "URL" : "Blob"}`, async () => {
    const engine = await startEngine();
    await loadInto(engine, isolated ? absolute(url) : await download(url), { exact: true });
    await expectAnswers(engine, answers);
  });

  if (!isolated) return;
  it("answers as Node does with activations of 8 bits: the same text, the same probabilities", async () => {
    const engine = await startEngine();
    await loadInto(engine, absolute(url));
    const { prompt, ids } = answers[0];
    const pieces = await ask(engine, prompt, ids.length);
    const expected = await commands.answerInNode({ model: path, prompt, maxTokens: ids.length });
    expect(pieces.map(({ id, text }) => ({ id, text }))).toEqual(expected.map(({ id, text }) => ({ id, text })));
    // Engines may differ in the last bit of Math.exp, which makes probabilities of the same scores.
    for (const [i, { logprob }] of pieces.entries()) expect(logprob).toBeCloseTo(expected[i].logprob!, 12);
  });
});

it("runs on the page's own thread, too", async () => {
  const llama = await load(new URL(absolute(tiny.url)));
  const [{ prompt, ids }] = tiny.answers;
  const answer: number[] = [];
  for await (const { id } of llama.generate(prompt as string, { temperature: 0, maxTokens: ids.length, ignoreEos: true })) answer.push(id);
  expect(answer).toEqual(ids);
  await llama.dispose();
});

it("knows that a page has no files", async () => {
  await expect(load("model.gguf")).rejects.toThrow("a browser has no file system: give an https URL");
  await expect(openCheckpoint("model.gguf")).rejects.toThrow("paths can be opened in Node only: give a URL");
});
