// What is foreseen is held against what the engine takes.
import { expect, it } from "vitest";
import { presets } from "../model/presets/index.ts";
import { createWasm, enableRelaxedSimd } from "../ops/wasm/index.ts";
import { beginAdamW } from "./adam-w.ts";
import { requireMemory, stepBytes } from "./memory.ts";
import { trainStep } from "./step.ts";
import { newModel } from "./trained-model.ts";

const sizes = { dim: 128, nLayers: 4, nHeads: 4, headDim: 32, hiddenDim: 320, vocabSize: 1024 };
const adamW = { beta1: 0.9, beta2: 0.9, eps: 1e-8, weightDecay: 0 };

it.each([
  ["a Llama", presets.tiny_llama, 1, false],
  ["a GPT-2", presets.tiny_gpt2, 1, false],
  ["a Llama in parts", presets.tiny_llama, 4, false],
  ["a Llama that computes its layers again", presets.tiny_llama, 1, true],
] as const)("%s takes the memory that was foreseen, within a fifth", async (_name, preset, parts, recompute) => {
  enableRelaxedSimd();
  await using ops = await createDisposable();
  const config = { ...preset, ...sizes };
  const before = ops.engine.memoryBytes();
  const model = newModel(ops.engine, config, 1);
  const rows = 32 / parts;
  const length = 64;
  const batch = {
    chunks: Array.from({ length: rows }, (_, row) => ({ ids: Int32Array.from({ length }, (_, t) => (7 * t + row) % 1000), start: 0 })),
    targets: new Int32Array(rows * length).fill(5),
  };
  const batches = new Array(parts).fill(batch);
  await trainStep(ops.engine, model, beginAdamW(ops.engine, model.named), batches, { adamW, learningRate: 1e-3, clip: 1, recompute });
  const taken = ops.engine.memoryBytes() - before;
  const ratio = stepBytes(config, { tokens: rows * length, parts, recompute }) / taken;
  expect(ratio).toBeGreaterThan(0.8);
  expect(ratio).toBeLessThan(1.2);
});

async function createDisposable(): Promise<{ engine: Awaited<ReturnType<typeof createWasm>> } & AsyncDisposable> {
  const engine = await createWasm({ activations: "f32", threads: 1 });
  return { engine, [Symbol.asyncDispose]: () => engine.dispose() };
}

it("a step that fits in no parts wants a smaller model", () => {
  const shape = { tokens: 2048, parts: 1, recompute: false };
  expect(() => requireMemory({ ...presets.tiny_llama, ...sizes }, shape, 32, 1e6)).toThrow(/make the model or the rows smaller/);
});
