// A model written as a Hugging Face folder and loaded again is the same model, bit for bit, in every family; what config.json cannot say is refused.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { goldenPath, readGolden } from "../../test/goldens.ts";
import { openDecoder } from "../../test/run-decoder.ts";
import { verifiedBy } from "../../test/support-table.ts";
import { UnsupportedError } from "../errors.ts";
import { writeSafetensors } from "../formats/index.ts";
import { dequantize, quantize } from "../formats/quant/index.ts";
import { createReference } from "../ops/reference/index.ts";
import { createRng } from "../tensor/rng.ts";
import { elementCount } from "../tensor/shape.ts";
import type { ModelConfig, Positions, RopeScaling } from "./config.ts";
import { families } from "./families.ts";
import { firstDifference } from "./first-difference.ts";
import { configFromHf } from "./hf-config.ts";
import { exportHf, type HfExportOptions } from "./hf-export.ts";
import { checkpointValues, loadWeights } from "./load.ts";
import { openCheckpoint } from "./open-checkpoint.ts";
import * as tiny from "./presets/tiny.ts";
import { ropeFrequencies } from "./rope.ts";
import type { WeightValues } from "./stored-values.ts";
import { namedWeights, weightShapes } from "./weights.ts";

const folder = await mkdtemp(join(tmpdir(), "cria-hf-export-"));
afterAll(() => rm(folder, { recursive: true }));

let folders = 0;
async function write(config: ModelConfig, weight: WeightValues, options?: HfExportOptions): Promise<string> {
  const path = await mkdtemp(join(folder, `${++folders}-`));
  const content = exportHf(config, weight, options);
  await writeFile(join(path, "config.json"), content.config);
  await writeFile(join(path, "model.safetensors"), writeSafetensors(content.tensors, content.metadata));
  return path;
}

/** Matrices around zero, gains around one: below a half, Gemma's way of storing them loses digits. */
function randomWeights(config: ModelConfig): Map<string, Float32Array> {
  const rng = createRng(5);
  const values = (path: string, count: number): Float32Array =>
    Float32Array.from({ length: count }, () => (/gain|Norm$/.test(path) ? 0.5 + rng.uniform() : 0.1 * rng.normal()));
  return new Map(Array.from(weightShapes(config), ([path, shape]) => [path, values(path, elementCount(shape))]));
}

async function readBack(path: string): Promise<{ config: ModelConfig; weights: Map<string, Float32Array>; names: string[] }> {
  const ops = createReference();
  const checkpoint = await openCheckpoint(path);
  const record = await loadWeights(ops, checkpoint);
  await checkpoint.file.close();
  const weights = new Map<string, Float32Array>();
  for (const [at, weight] of Object.entries(namedWeights(checkpoint.config, record))) weights.set(at, await ops.exportWeight(weight));
  return { config: checkpoint.config, weights, names: [...checkpoint.file.tensors.keys()] };
}

/** Of the tiny models, those that their family's config.json can say; BLOOM's is four times as wide inside, as all BLOOMs are. */
const { tiny_2017, tiny_bloom, ...others } = tiny;
const plainGemma = { family: "gemma", residual: "pre", attention: { qkvBias: false, outputBias: false }, logitSoftcap: undefined } as const;
const groupedFalcon = { nKvHeads: 2, residual: "parallel" } as const;
const earlyFalcon = { nKvHeads: 4, residual: "pre", attention: { qkvBias: true, outputBias: true } } as const;
const biased = { qkvBias: true, outputBias: true };
const expressible: Readonly<Record<string, ModelConfig>> = {
  ...others,
  tiny_bloom: { ...tiny_bloom, hiddenDim: 4 * tiny_bloom.dim },
  gemma: { ...others.tiny_gemma2, ...plainGemma },
  qwen: { ...others.tiny_qwen2, ...families.qwen, nKvHeads: 4, positions: { kind: "rope", theta: 10_000 } },
  "llama with biases, untied": {
    ...others.tiny_llama,
    attention: biased,
    ffn: { ...others.tiny_llama.ffn, bias: true },
    tiedEmbeddings: false,
  },
  "llama with heads of another width": { ...others.tiny_llama, headDim: 18 },
  "qwen2 with a window": { ...others.tiny_qwen2, attention: { ...others.tiny_qwen2.attention, window: { size: 5, local: [false, true] } } },
  "gemma2 without a window or caps": { ...others.tiny_gemma2, attention: { ...biased, scale: 20 ** -0.5 }, logitSoftcap: undefined },
  "gpt2 without a scale": { ...others.tiny_gpt2, attention: { ...biased, scale: 1 } },
  "falcon in groups": { ...others.tiny_falcon, ...groupedFalcon },
  "falcon in groups, of one norm": { ...others.tiny_falcon, ...groupedFalcon, residual: "parallel-shared" },
  "falcon with penalties": {
    ...others.tiny_falcon,
    ...earlyFalcon,
    positions: { kind: "alibi", slopeScale: 12 ** -0.5 },
    ffn: { ...others.tiny_falcon.ffn, bias: true },
  },
  "falcon with penalties added twice": {
    ...others.tiny_falcon,
    ...earlyFalcon,
    positions: { kind: "alibi", slopeScale: 2 * 12 ** -0.5 },
    ffn: { ...others.tiny_falcon.ffn, bias: true },
  },
  "gpt-neox one half after the other": {
    ...others.tiny_neox,
    residual: "pre",
    headDim: 12,
    positions: { kind: "rope", theta: 10_000, rotaryDim: 10 },
  },
};

describe.each(Object.entries(expressible))("%s", (_name, config) => {
  it("comes back as it was", async () => {
    const weights = randomWeights(config);
    const { config: read, weights: readWeights, names } = await readBack(await write(config, async (path) => weights.get(path)!));
    expect(firstDifference({ ...config, attention: { ...config.attention, scale: read.attention.scale } }, read, 0)).toBeUndefined();
    expect(read.attention.scale ?? config.headDim ** -0.5).toBeCloseTo(config.attention.scale ?? config.headDim ** -0.5, 12);
    expect(readWeights).toEqual(weights);
    expect(names.some((name) => /^(lm_head|embed_out)\./.test(name))).toBe(!config.tiedEmbeddings);
  });
});

describe("rotary scalings", () => {
  it.each<RopeScaling>([
    { kind: "linear", factor: 4 },
    { kind: "dynamic", factor: 2, originalMaxSeqLen: 64 },
    { kind: "yarn", factor: 4, originalMaxSeqLen: 16, betaFast: 32, betaSlow: 1 },
    { kind: "yarn", factor: 4, originalMaxSeqLen: 16, betaFast: 16, betaSlow: 2, attentionFactor: 1.25 },
    { kind: "llama3", factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalMaxSeqLen: 16 },
  ])("$kind comes back", (scaling) => {
    const { config } = exportHf({ ...tiny.tiny_llama, positions: { kind: "rope", theta: 10_000, scaling } }, noWeights);
    expect(configFromHf(JSON.parse(config), "config.json").positions).toEqual({ kind: "rope", theta: 10_000, scaling });
  });
});

describe("factors of frequencies, as GGUF has them", () => {
  it.each([
    [64, 500_000, { factor: 8, originalMaxSeqLen: 8192 }],
    [128, 500_000, { factor: 32, originalMaxSeqLen: 8192 }],
    [12, 10_000, { factor: 8, originalMaxSeqLen: 32 }],
  ])("become Llama 3.1's rule again: heads of %i, theta %i, %o", (headDim, theta, size) => {
    const scaling: RopeScaling = { kind: "llama3", lowFreqFactor: 1, highFreqFactor: 4, ...size };
    const plain = ropeFrequencies({ theta }, headDim, 1).inverse;
    const { inverse } = ropeFrequencies({ theta, scaling }, headDim, 1);
    const factors = Array.from(plain, (frequency, i) => Math.fround(frequency / inverse[i]));
    const positions: Positions = { kind: "rope", theta, scaling: { kind: "factors", factors } };
    const { config } = exportHf({ ...tiny.tiny_llama, headDim, positions }, noWeights);
    expect(configFromHf(JSON.parse(config), "config.json").positions).toEqual({ kind: "rope", theta, scaling });
  });
});

it("F16 refuses what it cannot hold, while it is written", async () => {
  const weights = randomWeights(tiny.tiny_qwen3);
  weights.get("layers.1.feedForward.w2")![5] = 65_520;
  const written = write(tiny.tiny_qwen3, async (at) => weights.get(at)!, { type: "F16" });
  await expect(written).rejects.toThrow(UnsupportedError);
  await expect(written).rejects.toThrow("tensor model.layers.1.mlp.down_proj.weight holds 65520, and F16 ends at 65504: take BF16 or F32");
});

it("F16 and BF16 round each weight once", async () => {
  const weights = randomWeights(tiny.tiny_qwen3);
  for (const type of ["F16", "BF16"] as const) {
    const path = await write(tiny.tiny_qwen3, async (at) => weights.get(at)!, { type });
    const read = await readBack(path);
    for (const [at, values] of weights) expect(read.weights.get(at)).toEqual(dequantize(type, quantize(type, values)));
    expect(JSON.parse(await readFile(join(path, "config.json"), "utf8")).torch_dtype).toBe({ F16: "float16", BF16: "bfloat16" }[type]);
  }
});

describe("config.json", () => {
  it("has floats where Python has floats, and the tokenizer's ids", () => {
    const { config } = exportHf(tiny.tiny_llama, noWeights, { bosId: 1, eosId: [2, 3] });
    expect(config).toMatch(/"rope_theta": 500000\.0,\n/);
    expect(config).toMatch(/"factor": 8\.0,\n/);
    expect(config).toMatch(/"original_max_position_embeddings": 16\n/);
    expect(JSON.parse(config)).toMatchObject({
      architectures: ["LlamaForCausalLM"],
      bos_token_id: 1,
      eos_token_id: [2, 3],
      torch_dtype: "float32",
    });
  });

  it("names a part of each head of which the whole dimensions turn, however it rounds", () => {
    for (let headDim = 4; headDim <= 256; headDim += 2) {
      const sizes = { headDim, dim: 4 * headDim };
      for (let rotaryDim = 2; rotaryDim <= headDim; rotaryDim += 2) {
        exportHf({ ...tiny.tiny_neox, ...sizes, positions: { kind: "rope", theta: 10_000, rotaryDim } }, noWeights); // or it throws
      }
    }
  });
});

const swish: ModelConfig = { ...tiny.tiny_llama, ffn: { activation: { swish: 2 }, gated: true, bias: false } };

describe("what a config.json cannot say", () => {
  it.each<[string, ModelConfig, RegExp]>([
    ["the decoder of 2017", tiny_2017, /GPT2LMHeadModel cannot express this configuration: residual would become pre instead of post/],
    ["a narrow BLOOM", tiny_bloom, /hiddenDim would become 192 instead of 80/],
    ["biases of Mistral", { ...tiny.tiny_mistral, attention: biased }, /attention.qkvBias would become false instead of true/],
    [
      "heads that do not divide the width",
      { ...tiny.tiny_gpt2, nHeads: 5, nKvHeads: 5 },
      /a width of 48 does not divide into 5 attention heads/,
    ],
    ["Swish with a factor", swish, /ffn.activation would become silu instead of \{"swish":2\}/],
    ["embeddings scaled", { ...tiny.tiny_llama, embeddingScale: 2 }, /embeddingScale would become undefined instead of 2/],
    [
      "factors of frequencies",
      { ...tiny.tiny_llama, positions: { kind: "rope", theta: 1e4, scaling: { kind: "factors", factors: [1, 3, 2, 8, 1, 2] } } },
      /positions.scaling would become undefined instead of \{"kind":"factors"/,
    ],
  ])("is refused: %s", (_name, config, message) => {
    expect(() => exportHf(config, noWeights)).toThrow(UnsupportedError);
    expect(() => exportHf(config, noWeights)).toThrow(message);
  });
});

const goldens = Object.values(verifiedBy).flat();

describe.each(goldens)("%s", (name) => {
  const path = goldenPath(`models/${name}`);
  it.skipIf(!path)("written again, holds the same weights and gives the reference's logits", async () => {
    const original = await openCheckpoint(path!);
    const written = await write(original.config, checkpointValues(original));
    const [before, after] = [await readBack(path!), await readBack(written)];
    await original.file.close();
    expect(after.weights).toEqual(before.weights);
    const golden = readGolden(`models/${name}/golden.json`);
    const { logits } = await (await openDecoder(written, "reference")).run(golden.input_ids.map((ids: number[]) => ({ ids, start: 0 })));
    expect(logits).toBeWithin(1e-4, golden.logits.flat());
  });
});

async function noWeights(): Promise<Float32Array> {
  throw new Error("nobody asked for weights");
}
