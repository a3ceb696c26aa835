// Training starts here: the gradient of every parameter, through the tape and the one model function, equals PyTorch's (goldens/training/gradients).
import { describe, expect, it } from "vitest";
import { openSafetensors, type SafetensorsFile } from "../src/formats/index.ts";
import { dequantize } from "../src/formats/quant/index.ts";
import { buildBatch } from "../src/model/batch.ts";
import type { ModelConfig } from "../src/model/config.ts";
import { loadWeights } from "../src/model/load.ts";
import { openCheckpoint } from "../src/model/open-checkpoint.ts";
import { readWeight } from "../src/model/read-weight.ts";
import { logits, transformer } from "../src/model/transformer.ts";
import { weightSource } from "../src/model/weight-names.ts";
import { type ModelWeights, weightShapes } from "../src/model/weights.ts";
import { createReference, type RefTensor, type RefWeight } from "../src/ops/reference/index.ts";
import { f64 } from "../src/ops/reference/values.ts";
import { tape } from "../src/ops/tape.ts";
import { goldenPath, readGolden } from "./goldens.ts";

const ENTRY = 1e-5; // absolute; PyTorch's float32 is off from float64 by up to 1.1e-6
const NORM = 1e-5; // relative
const LOSS = 2e-5;

const ops = createReference();

interface Model {
  config: ModelConfig;
  weights: ModelWeights<RefWeight>;
}

async function openModel(folder: string): Promise<Model> {
  const checkpoint = await openCheckpoint(goldenPath(`models/${folder}`)!);
  try {
    return { config: checkpoint.config, weights: await loadWeights(ops, checkpoint) };
  } finally {
    await checkpoint.file.close();
  }
}

/**
 * Loss and gradients of the mean cross-entropy. The label at position t is the target of position t - 1; negative ones do not count.
 *
 * @param recompute keep nothing of the model for the way back
 */
function differentiate({ config, weights }: Model, rows: number[][], labels: number[][], recompute = false) {
  const targets = labels.flatMap((row) => [...row.slice(1), -100]);
  const counted = targets.filter((target) => target >= 0).length;
  const t = tape(ops);
  const batch = buildBatch(
    t,
    config,
    rows.map((ids) => ({ ids, start: 0 })),
  );
  const scores = () => logits(t, config, weights, transformer(t, config, weights, batch)); // [tokens, vocabSize]
  const logProbs = t.logProbs(recompute ? t.checkpoint(scores, batch.ids) : scores(), t.input(Int32Array.from(targets)));
  const loss = -Array.from(logProbs.value.data).reduce((sum, logProb) => sum + logProb, 0) / counted;
  return { loss, gradients: t.backward(logProbs, f64([targets.length], new Float64Array(targets.length).fill(-1 / counted))) };
}

/** The weight at a path such as "layers.0.attention.wq". */
function weightAt(weights: ModelWeights<RefWeight>, path: string): RefWeight {
  return path.split(".").reduce((node: unknown, key) => (node as Record<string, unknown>)[key], weights) as RefWeight;
}

/** The gradient of one weight, taken out of the file as the weight itself is: fused rows, transposed or not. A gain and gain - 1 have the same one. */
async function expectedGradient(file: SafetensorsFile, config: ModelConfig, path: string): Promise<{ name: string; values: Float32Array }> {
  const source = { ...weightSource(config, "hf", path), minusOne: false };
  const { type, bytes } = await readWeight(file, source, weightShapes(config).get(path)!);
  return { name: source.name, values: dequantize(type, bytes) };
}

/** Square roots of the sums of squares, by the name of the stored tensor that the weights are part of. */
function normsByName({ config, weights }: Model, gradients: ReadonlyMap<RefWeight, RefTensor>): Map<string, number> {
  const squares = new Map<string, number>();
  for (const path of weightShapes(config).keys()) {
    const { name } = weightSource(config, "hf", path);
    const { data } = gradients.get(weightAt(weights, path))!;
    squares.set(
      name,
      Array.from(data).reduce((sum, g) => sum + g * g, squares.get(name) ?? 0),
    );
  }
  return new Map([...squares].map(([name, sum]) => [name, Math.sqrt(sum)]));
}

function expectNorms(
  actual: ReadonlyMap<string, number>,
  golden: { global_grad_norm: number; per_parameter_grad_norm: Record<string, number> },
) {
  expect([...actual.keys()].sort()).toEqual(Object.keys(golden.per_parameter_grad_norm).sort());
  for (const [name, norm] of Object.entries(golden.per_parameter_grad_norm)) {
    expect([actual.get(name)!], name).toBeWithin(NORM * norm + 1e-6, [norm]);
  }
  expect([Math.hypot(...actual.values())]).toBeWithin(NORM * golden.global_grad_norm, [golden.global_grad_norm]);
}

describe.each(["llama1", "llama2-gqa", "llama31", "llama32", "qwen2", "qwen3", "gemma", "gpt2"])("%s", (folder) => {
  const gradientsFile = goldenPath(`training/gradients/${folder}/gradients.safetensors`);
  const present = gradientsFile !== undefined && goldenPath(`models/${folder}`) !== undefined;
  const golden = present ? readGolden(`training/gradients/${folder}/gradients.json`) : undefined;

  it.skipIf(!present)("has the gradient of every parameter", async () => {
    const model = await openModel(folder);
    const { loss, gradients } = differentiate(model, golden.input_ids, golden.input_ids);
    expect([loss]).toBeWithin(LOSS, [golden.loss]);

    const file = await openSafetensors(gradientsFile!);
    const compared = new Set<string>();
    for (const path of weightShapes(model.config).keys()) {
      const { name, values } = await expectedGradient(file, model.config, path);
      expect(gradients.get(weightAt(model.weights, path))!.data, path).toBeWithin(ENTRY, values);
      compared.add(name);
    }
    await file.close();
    expect(compared).toEqual(new Set(file.tensors.keys()));
    expect(gradients.size).toBe(weightShapes(model.config).size);
    expectNorms(normsByName(model, gradients), golden);
  });

  it.skipIf(!present)("has them where some labels do not count", async () => {
    const model = await openModel(folder);
    const { loss, gradients } = differentiate(model, golden.input_ids, golden.masked.labels);
    expect([loss]).toBeWithin(LOSS, [golden.masked.loss]);
    expectNorms(normsByName(model, gradients), golden.masked);
  });

  it.skipIf(!present)("has them bit for bit when all activations are computed again", async () => {
    const model = await openModel(folder);
    const kept = differentiate(model, golden.input_ids, golden.input_ids).gradients;
    const recomputed = differentiate(model, golden.input_ids, golden.input_ids, true).gradients;
    expect(recomputed.size).toBe(kept.size);
    for (const [w, { data }] of kept) expect(recomputed.get(w)!.data).toEqual(data);
  });
});
