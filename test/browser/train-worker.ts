// Trains a tiny model where a page's training runs: in a Worker.
import { presets } from "../../src/model/presets/index.ts";
import { createReference } from "../../src/ops/reference/index.ts";
import { createWasm } from "../../src/ops/wasm/index.ts";
import { beginAdamW, evaluate, newModel, packRows, trainStep } from "../../src/train/index.ts";

const steps = 12;

const ids = Int32Array.from({ length: 33 }, (_, i) => 3 + ((5 * i) % 11));
const rows = packRows([
  { ids, starts: [0, 20] },
  { ids, starts: [0] },
]);
const options = { adamW: { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 }, learningRate: 1e-2, clip: 1 };

async function losses(name: "wasm" | "reference", threads: number): Promise<number[]> {
  return name === "wasm" ? train(await createWasm({ activations: "f32", threads })) : train(createReference());
}

async function train(ops: Parameters<typeof newModel>[0]): Promise<number[]> {
  const model = newModel(ops, presets.tiny_llama, 1);
  const state = beginAdamW(ops, model.named);
  const found: number[] = [];
  for (let step = 0; step < steps; step++) found.push((await trainStep(ops, model, state, [rows], options)).loss);
  found.push(await evaluate(ops, model, [rows]));
  await ops.dispose();
  return found;
}

self.onmessage = async ({ data }) => self.postMessage(await losses(data.name, data.threads));
