// Gradients flow through frozen weights to what lies below: low-rank adapters get PyTorch's gradients (goldens/training/lora), and those of the reference where the
// frozen weights are quantised.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSafetensors } from "../src/formats/index.ts";
import { dequantize, quantize } from "../src/formats/quant/index.ts";
import type { Ops, Tensor, Weight } from "../src/ops/ops.ts";
import { createReference } from "../src/ops/reference/index.ts";
import { createWasm, enableRelaxedSimd, type WasmOps } from "../src/ops/wasm/index.ts";
import type { StorageType } from "../src/tensor/dtype.ts";
import { differentiate, type Model, openModel, readAll } from "./differentiate.ts";
import { goldenPath, readGolden } from "./goldens.ts";

const ENTRY = 1e-5;
const LOSS = 2e-5;

const present = goldenPath("training/lora") !== undefined;
const golden = present ? readGolden("training/lora/lora.json") : undefined;
const projections = { q_proj: "wq", v_proj: "wv" };
/** Paths of adapted weights beside the names that the PEFT library gives them. */
const adapted = [0, 1].flatMap((layer) =>
  Object.entries(projections).map(([theirs, ours]) => ({
    path: `layers.${layer}.attention.${ours}`,
    name: `base_model.model.model.layers.${layer}.self_attn.${theirs}`,
  })),
);

async function readFloats(file: string): Promise<Map<string, { shape: readonly number[]; values: Float32Array }>> {
  const opened = await openSafetensors(goldenPath(file)!);
  const tensors = new Map<string, { shape: readonly number[]; values: Float32Array }>();
  for (const [name, tensor] of opened.tensors) {
    tensors.set(name, { shape: tensor.shape, values: dequantize(tensor.type, await tensor.read()) });
  }
  await opened.close();
  return tensors;
}

/** The golden model with its adapters; matrices in whole blocks of `frozen` are stored in that type. */
async function openAdapted<T extends Tensor, W extends Weight>(ops: Ops<T, W>, frozen: StorageType = "F32"): Promise<Model<W>> {
  const plain = await openModel(createReference(), goldenPath("models/llama2-gqa")!);
  const model = await openModel(ops, goldenPath("models/llama2-gqa")!, (path, shape) => {
    const type = shape.length === 2 && shape[1] % 32 === 0 ? frozen : "F32";
    return ops.weight(shape, type, quantize(type, Float32Array.from(plain.named[path].data)));
  });
  const { r, lora_alpha } = golden;
  const tensors = await readFloats("training/lora/adapter_model.safetensors");
  const weight = (name: string): W => {
    const { shape, values } = tensors.get(name)!;
    return ops.weight(shape, "F32", quantize("F32", values));
  };
  const adapters = adapted.map(({ path, name }) => {
    return [path, { a: weight(`${name}.lora_A.weight`), b: weight(`${name}.lora_B.weight`), scale: lora_alpha / r }] as const;
  });
  return { ...model, adapters: Object.fromEntries(adapters) };
}

async function gradientsOf<T extends Tensor, W extends Weight>(ops: Ops<T, W>, frozen?: StorageType) {
  const model = await openAdapted(ops, frozen);
  const { loss, values } = ops.scope(() => {
    const { loss, gradients } = differentiate(ops, model, golden.input_ids, golden.input_ids);
    return { loss, values: readAll(ops, gradients) };
  });
  return { loss: await loss, gradients: await values };
}

/** What every backend does, once `opened` gives it. */
function equalsPyTorch<T extends Tensor, W extends Weight>(opened: () => Ops<T, W>): void {
  it.skipIf(!present)("gives adapters the gradients of PyTorch, and nothing else any", async () => {
    const { loss, gradients } = await gradientsOf(opened());
    expect([loss]).toBeWithin(LOSS, [golden.loss]);
    const expected = await readFloats("training/lora/gradients.safetensors");
    expect(Object.keys(gradients)).toHaveLength(expected.size);
    for (const { path, name } of adapted) {
      expect(gradients[`${path}.a`], path).toBeWithin(ENTRY, expected.get(`${name}.lora_A.weight`)!.values);
      expect(gradients[`${path}.b`], path).toBeWithin(ENTRY, expected.get(`${name}.lora_B.weight`)!.values);
    }
  });
}

beforeAll(enableRelaxedSimd); // Node 20, before the first module is compiled

const reference = createReference();
describe("reference", () => equalsPyTorch(() => reference));

describe.each(["relaxed", "exact"] as const)("wasm, %s SIMD", (simd) => {
  let ops: WasmOps;
  beforeAll(async () => {
    ops = await createWasm({ simd, activations: "f32", threads: 2 });
  });
  afterAll(() => ops.dispose());

  equalsPyTorch(() => ops);

  it.skipIf(!present).each(["Q8_0", "Q4_0", "BF16"] as const)("gives them through %s as the reference does", async (type) => {
    const { loss, gradients } = await gradientsOf(ops, type);
    const judge = await gradientsOf(reference, type);
    expect([loss]).toBeWithin(LOSS, [judge.loss]);
    expect(Object.keys(gradients)).toEqual(Object.keys(judge.gradients));
    for (const [path, values] of Object.entries(gradients)) expect(values, path).toBeWithin(ENTRY, judge.gradients[path]);
  });
});
