// Every family runs with its matrices in every narrow type of GGUF: a file of random blocks gives, on the default backend, the logits that the same file
// gives on the reference with those blocks widened to F32 beforehand. That the blocks are widened as ggml does is said by formats/quant/quant.test.ts,
// that a family's F32 file is read rightly by gguf.test.ts.
import { describe, expect, it } from "vitest";
import { goldenPath, readGolden } from "../../test/goldens.ts";
import { openDecoder } from "../../test/run-decoder.ts";
import { collectBytes, type GgufContent, type TensorInput, writeGguf } from "../formats/index.ts";
import { dequantize } from "../formats/quant/index.ts";
import { type StorageType, storage, storageBytes } from "../tensor/dtype.ts";
import { createRng } from "../tensor/rng.ts";
import { elementCount } from "../tensor/shape.ts";
import type { Family, ModelConfig, SizeName } from "./config.ts";
import { families } from "./families.ts";
import { exportGguf } from "./gguf-export.ts";
import { presets } from "./presets/index.ts";
import type { WeightValues } from "./stored-values.ts";

const logitTolerance = 1e-4;

const rope = { kind: "rope", theta: 10_000 } as const;

/** A configuration of one layer, with rows of `width` values everywhere, so that they are whole blocks. */
function withWidth(width: number, config: Omit<ModelConfig, SizeName>, nKvHeads = 4): ModelConfig {
  const sizes = { dim: width, nLayers: 1, nHeads: 4, nKvHeads, headDim: width / 4, hiddenDim: width, vocabSize: 96, maxSeqLen: 64 };
  const { window } = config.attention;
  const attention = { ...config.attention, ...(window && { window: { ...window, local: [true] } }) };
  return { ...config, ...sizes, attention, ...(config.family.startsWith("gemma") && { embeddingScale: Math.sqrt(width) }) };
}

const configs: Readonly<Record<Family, (width: number) => ModelConfig>> = {
  llama: (width) => withWidth(width, presets.tiny_llama, 2),
  mistral: (width) => withWidth(width, presets.tiny_mistral, 2),
  qwen: (width) => withWidth(width, { ...families.qwen, positions: rope }),
  qwen2: (width) => withWidth(width, presets.tiny_qwen2, 1),
  qwen3: (width) => withWidth(width, presets.tiny_qwen3, 2),
  gemma: (width) => withWidth(width, { ...families.gemma, positions: rope }, 1),
  gemma2: (width) => withWidth(width, presets.tiny_gemma2, 2),
  gemma3: (width) => withWidth(width, presets.tiny_gemma3, 1),
  gpt2: (width) => withWidth(width, presets.tiny_gpt2),
  bloom: (width) => withWidth(width, presets.tiny_bloom),
  falcon: (width) => withWidth(width, presets.tiny_falcon, 1),
  mpt: (width) => withWidth(width, presets.tiny_mpt),
  "gpt-neox": (width) => withWidth(width, presets.tiny_neox),
};

const types = (Object.keys(storage) as StorageType[]).filter((type) => storage[type].blockSize > 1 || type === "F16" || type === "BF16");

/** Valid blocks of a type, as many as its golden file has. */
function goldenBlocks(type: StorageType): Uint8Array[] {
  const bytes = new Uint8Array(Buffer.from(readGolden(`quant/blocks/${type}.json`).matvec.weights, "base64"));
  const { blockBytes } = storage[type];
  return Array.from({ length: bytes.length / blockBytes }, (_, i) => bytes.subarray(i * blockBytes, (i + 1) * blockBytes));
}

/** A tensor with its bytes at hand, so that two files can be made of it. */
type WholeTensor = TensorInput & { readonly data: Uint8Array };

/** The model's tensors, with matrices of `blocks` in random order. */
async function blockTensors({ tensors }: GgufContent, type: StorageType, blocks: readonly Uint8Array[]): Promise<WholeTensor[]> {
  const rng = createRng(11);
  const { blockBytes } = storage[type];
  const whole: WholeTensor[] = [];
  for (const tensor of tensors) {
    if (tensor.shape.length === 1) {
      whole.push({ ...tensor, data: tensor.data instanceof Uint8Array ? tensor.data : await collectBytes(tensor.data()) });
      continue;
    }
    const data = new Uint8Array(storageBytes(type, elementCount(tensor.shape))!);
    for (let offset = 0; offset < data.length; offset += blockBytes) data.set(blocks[rng.integer(blocks.length)], offset);
    whole.push({ ...tensor, type, data });
  }
  return whole;
}

/** Blocks hold values of any size; gains undo it, so that scores and logits are of the order of 1. */
function vectorValues({ dim }: ModelConfig, type: StorageType, blocks: readonly Uint8Array[]): WeightValues {
  const values = blocks.flatMap((block) => Array.from(dequantize(type, block)));
  const size = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  const gain = 1 / (size * Math.sqrt(dim));
  const rng = createRng(12);
  const scaled = (path: string): number => {
    const noise = 0.1 * rng.normal();
    if (/[qk]Norm$/.test(path)) return 1 + noise;
    if (path.endsWith(".gain")) return gain * (1 + noise);
    return path.endsWith(".bias") ? gain * noise : noise;
  };
  return async (path, shape) => Float32Array.from({ length: elementCount(shape) }, () => scaled(path));
}

const inFloats = (tensor: WholeTensor): WholeTensor => ({
  ...tensor,
  type: "F32",
  data: new Uint8Array(dequantize(tensor.type, tensor.data).buffer),
});

const file = async (content: GgufContent): Promise<Blob> => new Blob([await collectBytes(writeGguf(content))]);

describe.each(Object.entries(configs))("%s", (_family, configOf) => {
  const chunks = [{ ids: [5, 95, 0, 17], start: 0 }];

  describe.each(types)("in %s", (type) => {
    it.skipIf(!goldenPath(`quant/blocks/${type}.json`))("gives the logits of the widened weights", async () => {
      const config = configOf(Math.max(64, storage[type].blockSize));
      const blocks = goldenBlocks(type);
      const content = await exportGguf(config, vectorValues(config, type, blocks));
      const tensors = await blockTensors(content, type, blocks);
      const packed = await openDecoder(await file({ ...content, tensors }), "wasm");
      const floats = await openDecoder(await file({ ...content, tensors: tensors.map(inFloats) }), "reference");
      const expected = (await floats.run(chunks)).logits;
      expect((await packed.run(chunks)).logits).toBeWithin(logitTolerance, expected);
    });
  });
});
