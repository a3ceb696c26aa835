// Threads in a page: how many there are, why there are no more, and that none outlives its engine.
import { beforeEach, describe, expect, inject, it } from "vitest";
import { commands } from "vitest/browser";
import { load } from "../../src/index.ts";
import { absolute, ask, dispose, download, expectAnswers, loadInto, startEngine } from "./engines.ts";

const tiny = inject("tiny");
const isolated = inject("isolated");
const url = absolute(tiny.url);

/** Chromium takes two seconds to end threads whose Worker was ended; those of an engine that is disposed of end at once. */
const helpers = (): ReturnType<typeof expect.poll> => expect.poll(() => commands.helpers(), { timeout: 10_000 });

beforeEach(() => helpers().toBe(0));

describe("an engine in a Worker", () => {
  it("has a thread for each core where memory can be shared, and one elsewhere", async () => {
    const engine = await startEngine();
    await loadInto(engine, url);
    await helpers().toBe(isolated ? navigator.hardwareConcurrency - 1 : 0);
    await expectAnswers(engine, tiny.answers);
    await dispose(engine);
  });

  it("leaves nothing behind: many more come and go than a page could hold", async () => {
    const engine = await startEngine();
    const model = await download(tiny.url);
    // Chromium 156 fails with the 126th that stays: each memory has its address space.
    for (let i = 0; i < 130; i++) {
      await loadInto(engine, model, isolated ? { threads: 2 } : {});
      await dispose(engine);
    }
    await helpers().toBe(0);
  });

  it("leaves nothing behind where memory is too small, either", async () => {
    const engine = await startEngine();
    const model = await download(tiny.url);
    for (let i = 0; i < 3; i++) {
      const tooMuch = async (): Promise<void> => {
        await loadInto(engine, model, { contextLength: 18_000_000 }); // keys and values of a layer: 2.3 GB each
        await ask(engine, tiny.answers[0].prompt, 1);
      };
      await expect(tooMuch()).rejects.toMatchObject({ name: "UsageError", message: expect.stringContaining("MiB") });
      await dispose(engine);
    }
    await helpers().toBe(0);
    await loadInto(engine, model);
    await expectAnswers(engine, tiny.answers);
    await dispose(engine);
  });
});

if (isolated) {
  describe("an engine with memory to share", () => {
    it("has as many threads as it is told to, until it is disposed of", async () => {
      const engine = await startEngine();
      await loadInto(engine, url, { threads: 3 });
      await helpers().toBe(2);
      await expectAnswers(engine, tiny.answers);
      await dispose(engine);
      await helpers().toBe(0);
    });

    it("takes its threads with it when the Worker is ended", async () => {
      const engine = await startEngine();
      await loadInto(engine, url, { threads: 3 });
      await helpers().toBe(2);
      engine.terminate();
      await helpers().toBe(0);
    });
  });

  describe("where a Content-Security-Policy forbids workers from blob: URLs", () => {
    it("an engine has one thread", async () => {
      const engine = await startEngine(inject("guardedApp"));
      await loadInto(engine, url);
      await helpers().toBe(0);
      await expectAnswers(engine, tiny.answers);
    });

    it("an engine that is told to have more says what forbids it", async () => {
      const loading = loadInto(await startEngine(inject("guardedApp")), url, { threads: 2 });
      await expect(loading).rejects.toMatchObject({ name: "UsageError", message: expect.stringContaining("worker-src blob:") });
    });
  });
} else {
  it("tells what several threads take", async () => {
    const loading = loadInto(await startEngine(), url, { threads: 2 });
    const message = expect.stringMatching(
      /threads is 2, and .* Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp/,
    );
    await expect(loading).rejects.toMatchObject({ name: "UsageError", message });
  });
}

describe("on a page's main thread", () => {
  it("an engine is alone", async () => {
    const llama = await load(new URL(url));
    await helpers().toBe(0);
    await llama.dispose();
  });

  it("an engine that is told to have several threads says why it cannot", async () => {
    await expect(load(new URL(url), { threads: 2 })).rejects.toThrow(/threads is 2, and the main thread .* load the model in a Worker/);
  });
});
