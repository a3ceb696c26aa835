// Memory of the wasm backend while it trains: flat over a thousand steps, and lower where layers are computed again instead of kept.
import { beforeAll, describe, expect, it } from "vitest";
import { createWasm, enableRelaxedSimd, type WasmOps, type WasmWeight } from "../src/ops/wasm/index.ts";
import { beginAdamW } from "../src/train/adam-w.ts";
import { ignored } from "../src/train/loss.ts";
import type { Rows } from "../src/train/rows.ts";
import { trainStep } from "../src/train/step.ts";
import { newModel, type TrainedModel } from "../src/train/trained-model.ts";
import { openModel } from "./differentiate.ts";
import { goldenPath } from "./goldens.ts";

const options = { adamW: { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 }, learningRate: 1e-3, clip: 1 };

beforeAll(enableRelaxedSimd); // Node 20, before the first module is compiled

/** The golden Llama in another depth, with weights to begin with. */
async function deepLlama(ops: WasmOps, nLayers: number): Promise<TrainedModel<WasmWeight>> {
  const { config } = await openModel(ops, goldenPath("models/llama2-gqa")!);
  return newModel(ops, { ...config, nLayers }, 3);
}

const batchOf = (count: number, length: number): Rows => {
  const chunks = Array.from({ length: count }, (_, row) => ({
    ids: Int32Array.from({ length }, (_, t) => 3 + ((7 * t + 11 * row) % 100)),
    start: 0,
  }));
  return { chunks, targets: Int32Array.from(chunks.flatMap(({ ids }) => [...ids.subarray(1), ignored])) };
};

describe("a run of training", () => {
  it.each([1, 2])("keeps memory flat over a thousand steps with %i threads", async (threads) => {
    const ops = await createWasm({ activations: "f32", threads });
    const model = await openModel(ops, goldenPath("models/llama2-gqa")!);
    const state = beginAdamW(ops, model.named);
    const batches = [batchOf(1, 8)];
    const step = async (): Promise<number> => (await trainStep(ops, model, state, batches, options)).loss;
    const first = await step();
    await step();
    const before = ops.memoryBytes();
    let last = first;
    for (let i = 0; i < 1000; i++) last = await step();
    expect(ops.memoryBytes()).toBe(before);
    expect(last).toBeLessThan(first / 10);
    await ops.dispose();
  });
});

describe("layers that are computed again", () => {
  /** Bytes that activations and gradients of one step take. */
  async function bytesOf(nLayers: number, recompute: boolean): Promise<number> {
    const ops = await createWasm({ activations: "f32", threads: 1 });
    const model = await deepLlama(ops, nLayers);
    const state = beginAdamW(ops, model.named);
    const before = ops.memoryBytes();
    await trainStep(ops, model, state, [batchOf(4, 128)], { ...options, recompute });
    const bytes = ops.memoryBytes() - before;
    await ops.dispose();
    return bytes;
  }

  it("take less memory than those that are kept", async () => {
    const perLayer = async (recompute: boolean): Promise<number> => ((await bytesOf(8, recompute)) - (await bytesOf(4, recompute))) / 4;
    const [kept, again] = [await perLayer(false), await perLayer(true)];
    // Of a layer: its output and the gradient of that, [512, 64] each, and the gradients of its weights.
    expect(again).toBeLessThan(2.5 * 4 * 512 * 64 + 4 * 40_000);
    expect(kept).toBeGreaterThan(3 * again);
  });
});
