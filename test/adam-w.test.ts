// Twenty steps of AdamW give the losses, norms and weights that PyTorch gives (goldens/training/adamw), on both backends; and a run that was saved and restored
// goes on bit for bit.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSafetensors } from "../src/formats/index.ts";
import { dequantize } from "../src/formats/quant/index.ts";
import { readWeight } from "../src/model/read-weight.ts";
import { weightSource } from "../src/model/weight-names.ts";
import { weightShapes } from "../src/model/weights.ts";
import type { Ops, Tensor, Weight } from "../src/ops/ops.ts";
import { createReference } from "../src/ops/reference/index.ts";
import { createWasm, enableRelaxedSimd } from "../src/ops/wasm/index.ts";
import { type AdamWState, beginAdamW, restoreAdamW, saveAdamW } from "../src/train/adam-w.ts";
import { ignored } from "../src/train/loss.ts";
import { cosine } from "../src/train/schedule.ts";
import { type StepResult, trainStep } from "../src/train/step.ts";
import { differences, differentiate, type Model, openModel } from "./differentiate.ts";
import { goldenPath, readGolden } from "./goldens.ts";

const LOSS = 5e-5;
const NORM = 5e-4;
const WEIGHT = 1e-3; // at any entry: Adam divides by the size of the gradient, so entries whose gradient is almost zero carry the rounding
const WEIGHT_MEAN = 1e-6;

const golden = readGolden("training/adamw/adamw.json");
const { betas, eps, weight_decay, peak_lr, min_lr, warmup_steps, steps, grad_clip } = golden.hyperparameters;
const options = { beta1: betas[0], beta2: betas[1], eps, weightDecay: weight_decay };
const schedule = cosine({ peak: peak_lr, least: min_lr, warmup: warmup_steps, steps });
const folder = goldenPath("models/llama2-gqa")!;

/** One step on a batch, taken in `parts` batches of as many rows each. */
function step<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  model: Model<W>,
  state: AdamWState<W>,
  rows: readonly number[][],
  parts = 1,
): Promise<StepResult> {
  const batches = Array.from({ length: parts }, (_, part) => {
    const some = rows.slice((part * rows.length) / parts, ((part + 1) * rows.length) / parts);
    return { chunks: some.map((ids) => ({ ids, start: 0 })), targets: Int32Array.from(some.flatMap((ids) => [...ids.slice(1), ignored])) };
  });
  return trainStep(ops, model, state, batches, { adamW: options, learningRate: schedule(state.steps), clip: grad_clip });
}

async function exportAll<T extends Tensor, W extends Weight>(ops: Ops<T, W>, model: Model<W>): Promise<Record<string, Float32Array>> {
  const values: Record<string, Float32Array> = {};
  for (const [path, w] of Object.entries(model.named)) values[path] = await ops.exportWeight(w);
  return values;
}

function equalsPyTorch<T extends Tensor, W extends Weight>(open: () => Ops<T, W> | Promise<Ops<T, W>>): void {
  let ops: Ops<T, W>;
  beforeAll(async () => {
    ops = await open();
  });
  afterAll(() => ops.dispose());

  it("gives the losses, the norms and the weights of PyTorch", async () => {
    const model = await openModel(ops, folder);
    const state = beginAdamW(ops, model.named);
    const taken: StepResult[] = [];
    for (const batch of golden.batches) taken.push(await step(ops, model, state, batch));
    expect(taken.map(({ loss }) => loss)).toBeWithin(LOSS, golden.losses);
    expect(taken.map(({ gradientNorm }) => gradientNorm)).toBeWithin(NORM, golden.grad_norms_before_clipping);
    const after = ops.scope(() => differentiate(ops, model, golden.batches[0], golden.batches[0]).loss);
    expect([await after]).toBeWithin(LOSS, [golden.loss_on_batch0_after_training]);

    const file = await openSafetensors(goldenPath("training/adamw/final.safetensors")!);
    const weights = await exportAll(ops, model);
    let distance = 0;
    let count = 0;
    for (const [path, shape] of weightShapes(model.config)) {
      const { type, bytes } = await readWeight(file, weightSource(model.config, "hf", path), shape);
      const expected = dequantize(type, bytes);
      expect(weights[path], path).toBeWithin(WEIGHT, expected);
      distance += weights[path].reduce((sum, value, i) => sum + Math.abs(value - expected[i]), 0);
      count += expected.length;
    }
    await file.close();
    expect(distance / count).toBeLessThan(WEIGHT_MEAN);
  });

  it("takes the same step in two batches as in one, but for rounding", async () => {
    const [whole, halves] = [await openModel(ops, folder), await openModel(ops, folder)];
    const one = await step(ops, whole, beginAdamW(ops, whole.named), golden.batches[0]);
    const two = await step(ops, halves, beginAdamW(ops, halves.named), golden.batches[0], 2);
    expect([two.loss]).toBeWithin(LOSS, [one.loss]);
    expect([two.gradientNorm]).toBeWithin(NORM, [one.gradientNorm]);
  });

  it("goes on bit for bit from what was saved", async () => {
    const straight = await openModel(ops, folder);
    const state = beginAdamW(ops, straight.named);
    for (const batch of golden.batches.slice(0, 3)) await step(ops, straight, state, batch);
    const saved = { weights: await exportAll(ops, straight), state: await saveAdamW(ops, state) };

    const again = await open();
    const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength);
    const model = await openModel(again, folder, (path, shape) => again.weight(shape, "F32", bytesOf(saved.weights[path])));
    const restored = restoreAdamW(again, saved.state, model.named);
    for (const batch of golden.batches.slice(3, 5)) {
      expect(await step(again, model, restored, batch)).toEqual(await step(ops, straight, state, batch));
    }
    expect(restored.steps).toBe(5);
    expect(differences(await exportAll(again, model), await exportAll(ops, straight))).toEqual([]);
    const [later, earlier] = [await saveAdamW(again, restored), await saveAdamW(ops, state)];
    for (const path of Object.keys(earlier.moments))
      expect(differences({ ...later.moments[path] }, { ...earlier.moments[path] }), path).toEqual([]);
    await again.dispose();
  });

  it("restores no state of other weights", async () => {
    const { named } = await openModel(ops, folder);
    const { moments } = await saveAdamW(ops, beginAdamW(ops, named));
    const { "norm.gain": ofGain, ...fewer } = moments;
    expect(() => restoreAdamW(ops, { steps: 1, moments: { ...moments, more: ofGain } }, named)).toThrow("moments of more");
    expect(() => restoreAdamW(ops, { steps: 1, moments: fewer }, named)).toThrow("no moments of norm.gain");
    expect(() => restoreAdamW(ops, { steps: 1, moments: { ...fewer, "norm.gain": moments.tokEmbeddings } }, named)).toThrow("expected");
  });
}

beforeAll(enableRelaxedSimd); // Node 20, before the first module is compiled

describe("reference", () => equalsPyTorch(createReference));
describe.each(["relaxed", "exact"] as const)("wasm, %s SIMD", (simd) => {
  equalsPyTorch(() => createWasm({ simd, activations: "f32", threads: 2 }));
});
