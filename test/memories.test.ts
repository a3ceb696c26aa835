// Models spread over several memories, because one holds 4 GiB at most: the same bits as in one. Small memories stand for large ones; a file of more than
// 4 GiB is written, loaded and deleted in the whole set of tests.
import { rm, stat, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cacheLayout, createEngine } from "../src/generate/engine.ts";
import { freeMemory } from "../src/generate/free-memory.ts";
import { planMemory } from "../src/generate/memory-plan.ts";
import { loadWeights } from "../src/model/load.ts";
import { openCheckpoint } from "../src/model/open-checkpoint.ts";
import { smollm2_135m } from "../src/model/presets/llama-family.ts";
import { createWasm, type WasmOptions } from "../src/ops/wasm/index.ts";
import { goldenPath, testAll } from "./goldens.ts";
import { writeRandomModel } from "./random-model.ts";

const KIB = 2 ** 10;
const GIB = 2 ** 30;
const CONTEXT = 96;

interface Ran {
  /** Scores of a text, its log-probabilities, and scores of two texts that go on from a common beginning. */
  readonly values: Float32Array[];
  readonly memories: number;
  /** That activations took. */
  readonly working: number;
  /** Weights and cache of the largest layer. */
  readonly layerBytes: number;
}

/** What the backend is told: nothing, all that comes, or only how much has to stay free. */
type Told = "nothing" | "the layers" | "what stays free";

async function run(path: string, options: WasmOptions, told: Told, working = 0): Promise<Ran> {
  const checkpoint = await openCheckpoint(path);
  const { config, file } = checkpoint;
  const whole = planMemory(checkpoint, cacheLayout(config, CONTEXT));
  const plan = told === "nothing" ? undefined : { parts: told === "the layers" ? whole.parts : [], working };
  const ops = await createWasm({ ...options, plan });
  try {
    const before = ops.memoryBytes();
    const engine = createEngine(ops, config, await loadWeights(ops, checkpoint), CONTEXT);
    const ids = Array.from({ length: 40 }, (_, i) => 3 + ((7 * i) % 120));
    const values = [await engine.logits(ids, [0, 20, 39]), await engine.logProbs(ids)];
    const text = await engine.begin(ids.slice(0, 24), 48);
    const other = text.fork();
    for (const id of [5, 9, 14]) await Promise.all([text.append(id), other.append(id + 1)]);
    values.push(text.scores, other.scores);
    const passed = ops.memoryBytes() - before - whole.weightBytes - whole.cacheBytes;
    const layerBytes = Math.max(...whole.parts.map(({ bytes, cacheBytes }) => bytes + cacheBytes));
    return { values, memories: ops.build.memories(), working: passed, layerBytes };
  } finally {
    await ops.dispose();
    await file.close();
  }
}

const folders = ["llama2-gqa", "gpt2", "gemma2", "bloom", "falcon-gqa", "qwen3"];

describe.each(folders.filter((folder) => goldenPath(`models/${folder}`)))("%s", (folder) => {
  const path = goldenPath(`models/${folder}`)!;
  it.each<[number, Told]>([
    [1, "the layers"],
    [2, "the layers"],
    [2, "what stays free"],
  ])("gives the same bits in three memories and more: %i threads, a backend that knows %s", async (threads, told) => {
    const one = await run(path, { threads }, "nothing");
    expect(one.memories).toBe(1);
    const memoryLimit = EMPTY + 1.5 * one.working + 1.2 * one.layerBytes;
    const several = await run(path, { threads, memoryLimit }, told, 1.5 * one.working);
    expect(several.memories).toBeGreaterThanOrEqual(told === "the layers" ? 3 : 2);
    expect(several.values).toEqual(one.values);
  });
});

/** Bytes that a memory has taken before there is anything in it, about. */
const EMPTY = 1100 * KIB;

describe("a file of more than 4 GiB", () => {
  const config = { ...smollm2_135m, dim: 4096, nLayers: 9, nHeads: 32, nKvHeads: 8, headDim: 128, hiddenDim: 16_384, vocabSize: 512 };

  it.skipIf(!testAll)("gives the same bits in two memories and in six", { timeout: 900_000 }, async (context) => {
    const { bavail, bsize } = await statfs(tmpdir());
    const [disk, memory] = [bavail * bsize, (await freeMemory())!];
    // The weights, and the file in the cache of the system.
    if (disk < 6 * GIB || memory < 11 * GIB) {
      context.skip(`needs 6 GiB on disk (${disk / GIB} are free) and 11 GiB of memory (${memory / GIB})`);
    }
    const path = join(tmpdir(), `cria-large-${process.pid}.gguf`);
    try {
      await writeRandomModel(path, config, "F16");
      expect((await stat(path)).size).toBeGreaterThan(4 * GIB);
      const two = await run(path, {}, "the layers", 256 * 2 ** 20);
      expect(two.memories).toBe(2);
      expect(two.values[0].every(Number.isFinite)).toBe(true);
      expect(new Set(two.values[0]).size).toBeGreaterThan(1000);
      const six = await run(path, { memoryLimit: GIB }, "the layers", 128 * 2 ** 20);
      expect(six.memories).toBeGreaterThanOrEqual(5);
      expect(six.values).toEqual(two.values);
    } finally {
      await rm(path, { force: true });
    }
  });
});
