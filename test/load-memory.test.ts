// What load() takes of the machine: no more than the weights and the cache, nothing where it would be too much, and nothing that stays when it fails.
import { execFileSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type LoadOptions, load, UsageError } from "../src/index.ts";
import type { LoadProgress } from "../src/model/load.ts";
import { smollm2_135m } from "../src/model/presets/llama-family.ts";
import { goldenPath } from "./goldens.ts";
import { writeRandomModel } from "./random-model.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const tiny = goldenPath("quant/models/tiny64-Q4_0.gguf")!;
const MIB = 2 ** 20;

/** Run by node itself, on the built package: a process whose peak is the model's. */
const script = `
  import { load } from "cria";
  const before = process.memoryUsage().rss;
  const [path, contextLength] = process.argv.slice(1);
  const llama = await load(path, { contextLength: Number(contextLength), threads: 2 });
  await llama.logits([1], { positions: "last" });
  console.log(process.resourceUsage().maxRSS * 1024 - before);
  await llama.dispose();
`;

describe("the peak of a load", () => {
  // One matrix, the vocabulary, is a third of the model.
  const config = { ...smollm2_135m, dim: 1024, nLayers: 12, nHeads: 8, nKvHeads: 8, headDim: 128, hiddenDim: 2048, vocabSize: 65_536 };

  it("is under 1.15 of the packed weights and the cache", { timeout: 120_000 }, async () => {
    const path = join(tmpdir(), `cria-peak-${process.pid}.gguf`);
    try {
      await writeRandomModel(path, config, "F16");
      const weights = 2 * (65_536 * 1024 + 12 * (4 * 1024 * 1024 + 3 * 1024 * 2048));
      const cache = 12 * 2 * 8 * 128 * 4 * 32; // small, since what is not used yet takes no memory and would hide what is too much
      const args = ["--input-type=module", "-e", script, path, "32"];
      const peak = Number(execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" }));
      expect(peak).toBeGreaterThan(weights);
      expect(peak).toBeLessThan(1.15 * (weights + cache));
    } finally {
      await rm(path, { force: true });
    }
  });
});

describe("too large a model", () => {
  it("is refused before anything is allocated, with what it needs and what is free", async () => {
    const memories = vi.spyOn(WebAssembly, "Memory");
    const loading = load(tiny, { contextLength: 2 ** 40 });
    await expect(loading).rejects.toThrow(UsageError);
    await expect(loading).rejects.toThrow(
      /the model needs \d+ TB of memory \(\d+ kB of weights, \d+ TB for 1099511627776 tokens in the cache, .* to work in\), and [\d.]+ GB are free: use a smaller model, a shorter contextLength \(--ctx\), or kvType "q8_0" \(--kv-type q8_0\)/,
    );
    expect(memories).not.toHaveBeenCalled();
    memories.mockRestore();
  });

  it("may need less with another type of cache", async () => {
    const needs = async (kvType: "f32" | "q8_0"): Promise<number> => {
      const message: string = await load(tiny, { contextLength: 2 ** 40, kvType }).catch((error) => error.message);
      return Number(/needs (\d+) TB/.exec(message)?.[1]);
    };
    expect(await needs("q8_0")).toBeLessThan(0.32 * (await needs("f32")));
  });

  it("is told before it is read that an option does not exist", async () => {
    const loading = load(tiny, { thread: 3 } as LoadOptions);
    await expect(loading).rejects.toThrow(new UsageError('there is no option "thread": did you mean "threads"?'));
  });

  it("is told before it is read that its cache does not hold one text", async () => {
    const loading = load(tiny, { contextLength: 64, cacheTokens: 63 });
    await expect(loading).rejects.toThrow(new UsageError("cacheTokens is 63, expected a whole number of tokens from 64 on"));
  });
});

describe("an allocation that fails during the load", () => {
  afterEach(() => vi.restoreAllMocks());

  it("is a UsageError and leaves no worker", async () => {
    const ends: Promise<unknown>[] = [];
    const watch = (worker: Worker): void => void ends.push(new Promise((resolve) => worker.once("exit", resolve)));
    process.on("worker", watch);
    try {
      const onProgress = (): void => {
        vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(() => {
          throw new RangeError("WebAssembly.Memory.grow(): Unable to grow instance memory");
        });
      };
      const path = join(tmpdir(), `cria-grow-${process.pid}.gguf`);
      await writeRandomModel(
        path,
        { ...smollm2_135m, dim: 1024, nHeads: 8, nKvHeads: 8, headDim: 128, nLayers: 3, hiddenDim: 2048, vocabSize: 512 },
        "F16",
      );
      const loading = load(path, { threads: 3, onProgress });
      await expect(loading).rejects.toThrow(UsageError);
      await expect(loading).rejects.toThrow(/the wasm backend needs \d+ MiB in one memory and cannot have them/);
      await rm(path);
      expect(ends).toHaveLength(2);
      await Promise.all(ends);
    } finally {
      process.off("worker", watch);
    }
  });
});

it("tells of every piece, and stops between two", async () => {
  const path = join(tmpdir(), `cria-pieces-${process.pid}.gguf`);
  const config = { ...smollm2_135m, dim: 1024, nLayers: 1, nHeads: 8, nKvHeads: 8, headDim: 128, hiddenDim: 2048, vocabSize: 8192 };
  try {
    await writeRandomModel(path, config, "F32");
    const told: LoadProgress[] = [];
    await (await load(path, { threads: 1, onProgress: (progress) => told.push({ ...progress }) })).dispose();
    const steps = told.map(({ loadedBytes }, i) => loadedBytes - (told[i - 1]?.loadedBytes ?? 0));
    expect(steps.every((bytes) => bytes > 0 && bytes <= 4 * MIB)).toBe(true);
    expect(told.at(-1)!.loadedBytes).toBeCloseTo(told.at(-1)!.totalBytes);
    const abort = new AbortController();
    const seen: number[] = [];
    const onProgress = ({ loadedBytes }: LoadProgress): void => {
      seen.push(loadedBytes);
      if (seen.length === 2) abort.abort(new Error("enough"));
    };
    await expect(load(path, { threads: 1, signal: abort.signal, onProgress })).rejects.toThrow("enough");
    expect(seen).toHaveLength(2); // of the first matrix, which has eight pieces and more
  } finally {
    await rm(path, { force: true });
  }
});
