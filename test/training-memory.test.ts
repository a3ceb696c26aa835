// Memory of the wasm backend while it trains: flat over a thousand steps, and lower where layers are computed again instead of kept.
import { beforeAll, describe, expect, it } from "vitest";
import { buildWeights, type ModelWeights } from "../src/model/weights.ts";
import { createWasm, enableRelaxedSimd, type WasmOps, type WasmWeight } from "../src/ops/wasm/index.ts";
import { createRng } from "../src/tensor/rng.ts";
import { elementCount } from "../src/tensor/shape.ts";
import { beginAdamW, stepAdamW } from "../src/train/adam-w.ts";
import { clipTo } from "../src/train/clip.ts";
import { differentiate, type Model, openModel } from "./differentiate.ts";
import { goldenPath } from "./goldens.ts";

const options = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 };

beforeAll(enableRelaxedSimd); // Node 20, before the first module is compiled

/** The golden Llama in another depth, with random weights. */
async function deepLlama(ops: WasmOps, nLayers: number): Promise<Model<WasmWeight>> {
  const { config: shallow } = await openModel(ops, goldenPath("models/llama2-gqa")!);
  const config = { ...shallow, nLayers };
  const rng = createRng(3);
  const named: Record<string, WasmWeight> = {};
  const weights: ModelWeights<WasmWeight> = buildWeights(config, (path, shape) => {
    const values = Float32Array.from({ length: elementCount(shape) }, () => 0.05 * rng.normal());
    named[path] = ops.weight(shape, "F32", new Uint8Array(values.buffer));
    return named[path];
  });
  return { config, weights, named };
}

const rowsOf = (count: number, length: number): number[][] =>
  Array.from({ length: count }, (_, row) => Array.from({ length }, (_, t) => 3 + ((7 * t + 11 * row) % 100)));

describe("a run of training", () => {
  it.each([1, 2])("keeps memory flat over a thousand steps with %i threads", { timeout: 120_000 }, async (threads) => {
    const ops = await createWasm({ activations: "f32", threads });
    const model = await openModel(ops, goldenPath("models/llama2-gqa")!);
    const state = beginAdamW(ops, model.named);
    const rows = rowsOf(1, 8);
    const step = (): Promise<number> =>
      ops.scope(() => {
        const { loss, gradients } = differentiate(ops, model, rows, rows);
        stepAdamW(ops, options, state, model.named, gradients, { learningRate: 1e-3, gradientScale: 1, clip: clipTo(ops, gradients, 1) });
        return loss;
      });
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
  async function bytesOf(nLayers: number, recompute?: "layers"): Promise<number> {
    const ops = await createWasm({ activations: "f32", threads: 1 });
    const model = await deepLlama(ops, nLayers);
    const before = ops.memoryBytes();
    const rows = rowsOf(4, 128);
    await ops.scope(() => differentiate(ops, model, rows, rows, recompute).loss);
    const bytes = ops.memoryBytes() - before;
    await ops.dispose();
    return bytes;
  }

  it("take less memory than those that are kept", async () => {
    const perLayer = async (recompute?: "layers"): Promise<number> => ((await bytesOf(8, recompute)) - (await bytesOf(4, recompute))) / 4;
    const [kept, again] = [await perLayer(), await perLayer("layers")];
    // Of a layer: its output and the gradient of that, [512, 64] each, and the gradients of its weights.
    expect(again).toBeLessThan(2.5 * 4 * 512 * 64 + 4 * 40_000);
    expect(kept).toBeGreaterThan(3 * again);
  });
});
