// Training starts here: the gradient of every parameter, through the tape and the one model function, equals PyTorch's (goldens/training/gradients).
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSafetensors, type SafetensorsFile } from "../src/formats/index.ts";
import { dequantize } from "../src/formats/quant/index.ts";
import type { ModelConfig } from "../src/model/config.ts";
import { readWeight } from "../src/model/read-weight.ts";
import { weightSource } from "../src/model/weight-names.ts";
import { weightShapes } from "../src/model/weights.ts";
import type { Ops, Tensor, Weight } from "../src/ops/ops.ts";
import { createReference } from "../src/ops/reference/index.ts";
import { createWasm, enableRelaxedSimd } from "../src/ops/wasm/index.ts";
import { differences, differentiate, openModel, readAll } from "./differentiate.ts";
import { goldenPath, readGolden } from "./goldens.ts";

const ENTRY = 1e-5; // absolute; PyTorch's float32 is off from float64 by up to 1.1e-6
const NORM = 1e-5; // relative
const LOSS = 2e-5;

/** The gradient of one weight, taken out of the file as the weight itself is: fused rows, transposed or not. A gain and gain - 1 have the same one. */
async function expectedGradient(file: SafetensorsFile, config: ModelConfig, path: string): Promise<{ name: string; values: Float32Array }> {
  const source = { ...weightSource(config, "hf", path), minusOne: false };
  const { type, bytes } = await readWeight(file, source, weightShapes(config).get(path)!);
  return { name: source.name, values: dequantize(type, bytes) };
}

/** Square roots of the sums of squares, by the name of the stored tensor that the weights are part of. */
function normsByName(config: ModelConfig, gradients: Readonly<Record<string, Float32Array>>): Map<string, number> {
  const squares = new Map<string, number>();
  for (const [path, values] of Object.entries(gradients)) {
    const { name } = weightSource(config, "hf", path);
    squares.set(
      name,
      values.reduce((sum, g) => sum + g * g, squares.get(name) ?? 0),
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

function equalsPyTorch<T extends Tensor, W extends Weight>(open: () => Ops<T, W> | Promise<Ops<T, W>>): void {
  let ops: Ops<T, W>;
  beforeAll(async () => {
    ops = await open();
  });
  afterAll(() => ops.dispose());

  describe.each(["llama1", "llama2-gqa", "llama31", "llama32", "qwen2", "qwen3", "gemma", "gpt2"])("%s", (folder) => {
    const gradientsFile = goldenPath(`training/gradients/${folder}/gradients.safetensors`);
    const present = gradientsFile !== undefined && goldenPath(`models/${folder}`) !== undefined;
    const golden = present ? readGolden(`training/gradients/${folder}/gradients.json`) : undefined;

    /** Loss and gradients of the golden rows. */
    const gradientsOf = async (labels: number[][], recompute?: "everything" | "layers") => {
      const model = await openModel(ops, goldenPath(`models/${folder}`)!);
      const { loss, values } = ops.scope(() => {
        const { loss, gradients } = differentiate(ops, model, golden.input_ids, labels, recompute);
        return { loss, values: readAll(ops, gradients) };
      });
      return { config: model.config, loss: await loss, gradients: await values };
    };

    it.skipIf(!present)("has the gradient of every parameter", async () => {
      const { config, loss, gradients } = await gradientsOf(golden.input_ids);
      expect([loss]).toBeWithin(LOSS, [golden.loss]);

      const file = await openSafetensors(gradientsFile!);
      const compared = new Set<string>();
      for (const path of weightShapes(config).keys()) {
        const { name, values } = await expectedGradient(file, config, path);
        expect(gradients[path], path).toBeWithin(ENTRY, values);
        compared.add(name);
      }
      await file.close();
      expect(compared).toEqual(new Set(file.tensors.keys()));
      expectNorms(normsByName(config, gradients), golden);
    });

    it.skipIf(!present)("has them where some labels do not count", async () => {
      const { config, loss, gradients } = await gradientsOf(golden.masked.labels);
      expect([loss]).toBeWithin(LOSS, [golden.masked.loss]);
      expectNorms(normsByName(config, gradients), golden.masked);
    });

    it.skipIf(!present).each(["everything", "layers"] as const)("has them bit for bit when %s is computed again", async (recompute) => {
      const [kept, again] = [await gradientsOf(golden.input_ids), await gradientsOf(golden.input_ids, recompute)];
      expect(differences(again.gradients, kept.gradients)).toEqual([]);
    });
  });
}

beforeAll(enableRelaxedSimd); // Node 20, before the first module is compiled

describe("reference", () => equalsPyTorch(createReference));
describe.each(["relaxed", "exact"] as const)("wasm, %s SIMD", (simd) => {
  equalsPyTorch(() => createWasm({ simd, activations: "f32", threads: 2 }));
});
