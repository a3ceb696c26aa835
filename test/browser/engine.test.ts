// The library where a page has it: bundled by Vite, in a Worker, the model from a URL or a Blob, tokens streamed out as messages.
import { beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { load, type Piece } from "../../src/index.ts";
import { openCheckpoint } from "../../src/model/index.ts";
import type { RemoteEngine } from "./app.ts";
import type { JudgedAnswer } from "./provided.ts";

const tiny = inject("tiny");
const folder = inject("folder");
const smollm2 = inject("smollm2");

let app: typeof import("./app.ts");
beforeAll(async () => {
  app = await import(/* @vite-ignore */ absolute(inject("app")));
});

function startEngine(): RemoteEngine {
  const engine = app.startEngine();
  onTestFinished(() => engine.terminate());
  return engine;
}

async function collect(stream: ReadableStream<Piece>): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for await (const piece of stream) pieces.push(piece);
  return pieces;
}

async function expectAnswers(engine: RemoteEngine, answers: readonly JudgedAnswer[]): Promise<void> {
  for (const { prompt, ids } of answers) {
    const options = { temperature: 0, maxTokens: ids.length, ignoreEos: true };
    const pieces = await collect(engine.ask({ kind: "answer", prompt, options }));
    expect(pieces.map(({ id }) => id)).toEqual(ids);
  }
}

function absolute(url: string): string {
  return new URL(url, location.href).href;
}

async function download(url: string): Promise<Blob> {
  return (await fetch(absolute(url))).blob();
}

describe("a model in a Worker", () => {
  it.each([
    ["the URL of a GGUF file", tiny],
    ["the URL of a folder with safetensors", folder],
  ])("%s answers as PyTorch does", async (_, { url, answers }) => {
    const engine = startEngine();
    await collect(engine.ask({ kind: "load", model: absolute(url) }));
    await expectAnswers(engine, answers);
  });

  it("answers as PyTorch does from a Blob", async () => {
    const engine = startEngine();
    await collect(engine.ask({ kind: "load", model: await download(tiny.url) }));
    await expectAnswers(engine, tiny.answers);
  });

  it("stops when it is told to, and then answers the next", async () => {
    const engine = startEngine();
    await collect(engine.ask({ kind: "load", model: absolute(tiny.url), options: { contextLength: 100_000 } }));
    const endless = engine.ask({ kind: "answer", prompt: "KING", options: { ignoreEos: true } });
    let pieces = 0;
    const told = async (): Promise<void> => {
      for await (const _ of endless) if (++pieces === 3) engine.abort();
    };
    await expect(told()).rejects.toMatchObject({ name: "AbortError" });
    expect(pieces).toBeGreaterThanOrEqual(3);
    await expectAnswers(engine, tiny.answers);
  });

  it("leaves nothing behind: many more come and go than a page could hold", async () => {
    const engine = startEngine();
    const model = await download(tiny.url);
    // Chromium 156 fails with the 126th that stays: each memory has its address space.
    for (let i = 0; i < 200; i++) {
      await collect(engine.ask({ kind: "load", model }));
      await collect(engine.ask({ kind: "dispose" }));
    }
  });

  it.each<[string, string, Blob | string]>([
    ["a text", "expected a .gguf", new Blob(["Once upon a time"])],
    ["a URL that leads nowhere", "answered 404", absolute("/none.gguf")],
  ])("says in a sentence what is wrong with %s", async (_, sentence, model) => {
    const loading = collect(startEngine().ask({ kind: "load", model }));
    await expect(loading).rejects.toMatchObject({ name: "UsageError", message: expect.stringContaining(sentence) });
  });
});

describe.skipIf(!smollm2)("SmolLM2-135M-Instruct in a Worker", () => {
  it.each(["URL", "Blob"])("answers as PyTorch does from a %s", async (from) => {
    const { url, answers } = smollm2!;
    const engine = startEngine();
    await collect(engine.ask({ kind: "load", model: from === "URL" ? absolute(url) : await download(url) }));
    await expectAnswers(engine, answers);
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
