// What the engine does when threads die, memory ends, or somebody leaves: an error that says so, soon, and nothing left behind. That waits end is what the
// timeouts of the tests say: a thread that is lost without a word is given up after a minute only.
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InternalError, type Llama, load, UsageError } from "../src/index.ts";
import { createWasm, type WasmOps } from "../src/ops/wasm/index.ts";
import { goldenPath } from "./goldens.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const model = goldenPath("quant/models/tiny64-Q4_0.gguf")!;
const THREADS = 3;

/** Every worker that was started since the test began, and whether it is gone. */
let workers: { worker: Worker; gone: boolean; end: Promise<unknown> }[];
const watch = (worker: Worker): void => {
  const end = new Promise<void>((resolve) => {
    worker.once("exit", () => {
      entry.gone = true;
      resolve();
    });
  });
  const entry = { worker, gone: false, end };
  workers.push(entry);
};
beforeEach(() => {
  workers = [];
  process.on("worker", watch);
});
afterEach(() => {
  process.off("worker", watch);
});

const open = (): Promise<Llama> => load(model, { threads: THREADS, contextLength: 4096 });
const prompt = (tokens: number): number[] => Array.from({ length: tokens }, (_, i) => 3 + (i % 500));
const allGone = (): Promise<unknown> => Promise.all(workers.map(({ end }) => end));

async function answer(llama: Llama, tokens: number): Promise<number[]> {
  const ids: number[] = [];
  for await (const { id } of llama.generate(prompt(8), { temperature: 0, maxTokens: tokens, ignoreEos: true })) ids.push(id);
  return ids;
}

/** A text being continued, of which some pieces have come. */
async function underWay(llama: Llama): Promise<AsyncGenerator<unknown>> {
  const pieces = llama.generate(prompt(8), { ignoreEos: true });
  for (let i = 0; i < 5; i++) await pieces.next();
  return pieces;
}

describe("a worker that dies", { timeout: 20_000 }, () => {
  const stopped = /a worker thread of the wasm backend has stopped .*load the model again/;

  it.each([
    ["while the engine is idle", async (worker: Worker) => void (await worker.terminate())],
    ["in the middle of a step", async (worker: Worker) => void worker.terminate()],
  ])("%s ends what runs and what is asked later", async (_when, kill) => {
    const llama = await open();
    expect(workers).toHaveLength(THREADS - 1);
    const pieces = await underWay(llama);
    await kill(workers[0].worker);
    const next = pieces.next();
    await expect(next).rejects.toThrow(stopped);
    await expect(next).rejects.toThrow(InternalError);
    await expect(answer(llama, 3)).rejects.toThrow(stopped);
    await expect(llama.logits(prompt(300))).rejects.toThrow(stopped);
    await allGone(); // the others have nobody to wait for
    await llama.dispose();
    await expect(answer(llama, 3)).rejects.toThrow(UsageError);
  });

  it("in the middle of a long prompt ends it", async () => {
    const llama = await open();
    setTimeout(() => workers[1].worker.terminate(), 20);
    await expect(llama.logits(prompt(4000))).rejects.toThrow(stopped);
    await llama.dispose();
  });

  it("hurts no other engine", async () => {
    const [llama, other] = [await open(), await open()];
    const expected = await answer(other, 8);
    await workers[0].worker.terminate();
    await expect(answer(llama, 8)).rejects.toThrow(stopped);
    expect(await answer(other, 8)).toEqual(expected);
    await Promise.all([llama.dispose(), other.dispose()]);
    await allGone();
  });
});

describe("leaving", { timeout: 20_000 }, () => {
  it("while a text is continued ends it, and the workers", async () => {
    const llama = await open();
    const pieces = await underWay(llama);
    const next = pieces.next();
    const disposed = llama.dispose();
    await expect(next).rejects.toThrow(/the model was disposed of: load it again/);
    await disposed;
    expect(workers.map(({ gone }) => gone)).toEqual([true, true]);
  });

  it("while values are read rejects them or gives them", async () => {
    const ops = await createWasm({ threads: THREADS });
    const w = ops.weight([512, 512], "F32", new Uint8Array(4 * 512 * 512));
    const reads = Array.from({ length: 5 }, () => ops.scope(() => ops.read(ops.linear(ops.input(new Float32Array(512), [1, 512]), w))));
    await ops.dispose();
    for (const { reason } of (await Promise.allSettled(reads)).filter((each) => each.status === "rejected")) {
      expect(reason).toBeInstanceOf(UsageError);
    }
    await allGone();
  });

  it("in the middle of a prompt, by a signal, leaves an engine that works", async () => {
    const llama = await open();
    const expected = await answer(llama, 8);
    const abort = new AbortController();
    const logits = llama.logits(prompt(4000), { signal: abort.signal });
    setTimeout(() => abort.abort(), 20);
    await expect(logits).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
    expect(await answer(llama, 8)).toEqual(expected);
    await llama.dispose();
  });

  it("during the load ends the workers", async () => {
    const abort = new AbortController();
    const onProgress = (): void => abort.abort();
    await expect(load(model, { threads: THREADS, signal: abort.signal, onProgress })).rejects.toThrow(
      expect.objectContaining({ name: "AbortError" }),
    );
    await allGone();
  });
});

it.each([0, -1, 1.5, Number.NaN, 5000])("%d threads are refused before there are any", async (threads) => {
  const loading = load(model, { threads });
  await expect(loading).rejects.toThrow(UsageError);
  await expect(loading).rejects.toThrow(`threads is ${threads}, expected a whole number from 1 to 256`);
  expect(workers).toEqual([]);
});

it("two engines in one process give what each gives alone", async () => {
  const alone = await open();
  const expected = await answer(alone, 24);
  await alone.dispose();
  const both = [await open(), await open()];
  expect(await Promise.all(both.map((llama) => answer(llama, 24)))).toEqual([expected, expected]);
  await Promise.all(both.map((llama) => llama.dispose()));
});

describe("memory that ends", () => {
  const MIB = 2 ** 20;
  const floats = (mebibytes: number): [number, number] => [mebibytes * 256, 1024];
  let ops: WasmOps;
  beforeEach(async () => {
    ops = await createWasm({ threads: 2, memoryLimit: 8 * MIB });
  });
  afterEach(() => ops.dispose());

  /** A step that works in what there is. */
  const step = (): Promise<Float32Array> => ops.scope(() => ops.read(ops.scale(ops.input(new Float32Array(1000).fill(1)), 2)));

  it("refuses a weight with what it needs and what there is", async () => {
    await step();
    expect(() => ops.weight(floats(16), "F32", new Uint8Array(16 * MIB))).toThrow(UsageError);
    expect(() => ops.weight(floats(16), "F32", new Uint8Array(16 * MIB))).toThrow(/needs \d+ MiB in one memory and cannot have them/);
    expect(await step()).toEqual(new Float32Array(1000).fill(2));
    const w = ops.weight(floats(4), "F32", new Uint8Array(4 * MIB));
    expect(await ops.scope(() => ops.read(ops.linear(ops.input(new Float32Array(1024), [1, 1024]), w)))).toEqual(new Float32Array(1024));
  });

  it("refuses a step, after which a smaller one works and as much is there as before", async () => {
    await step();
    const tooLarge = (): void => {
      ops.scope(() => {
        let x = ops.input(new Float32Array(MIB / 4));
        for (let i = 0; i < 16; i++) x = ops.add(x, x);
      });
    };
    expect(tooLarge).toThrow(UsageError);
    const before = ops.memoryBytes();
    for (let i = 0; i < 5; i++) expect(tooLarge).toThrow(UsageError);
    expect(ops.memoryBytes()).toBe(before);
    expect(await step()).toEqual(new Float32Array(1000).fill(2));
  });

  it.each([0, 1000, 100_000])("refuses a limit of %i bytes, before there are workers", async (memoryLimit) => {
    const known = workers.length;
    await expect(createWasm({ threads: 2, memoryLimit })).rejects.toThrow(UsageError);
    expect(workers).toHaveLength(known);
  });
});

/** Run by node itself, on the built package, in a process that has to end by itself. @returns what it prints */
function runAlone(body: string): string {
  const script = `
    import { load } from "cria";
    const workers = [];
    process.on("worker", (worker) => workers.push(worker));
    const llama = await load(process.argv[1], { threads: 3, relaxedSimd: true, contextLength: 4096 });
    const answer = async (maxTokens) => {
      for await (const piece of llama.generate([1, 2, 3], { maxTokens, ignoreEos: true }));
    };
    await answer(5);
    ${body}
  `;
  return execFileSync(process.execPath, ["--input-type=module", "-e", script, model], { cwd: root, encoding: "utf8", timeout: 20_000 });
}

describe("a process ends by itself", { timeout: 30_000 }, () => {
  it("with an engine that is idle, which takes no time of the processor", () => {
    const printed = runAlone(`
      await new Promise((resolve) => setTimeout(resolve, 50));
      const before = process.cpuUsage();
      await new Promise((resolve) => setTimeout(resolve, 500));
      const { user, system } = process.cpuUsage(before);
      console.log((user + system) / 1000);
    `);
    expect(Number(printed)).toBeLessThan(100); // ms, of 1,500 that three threads could take
  });

  it("after a worker has died", () => {
    expect(
      runAlone(`
      workers[0].terminate();
      await answer(5).catch((error) => console.log(error.name));
    `),
    ).toBe("InternalError\n");
  });

  it("after it was disposed of in the middle of an answer", () => {
    expect(
      runAlone(`
      const running = answer(1000).catch((error) => console.log(error.name));
      setTimeout(() => llama.dispose(), 20);
      await running;
    `),
    ).toBe("UsageError\n");
  });
});
