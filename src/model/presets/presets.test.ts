// The presets have as many parameters as the published models, and as the formulas count.
import { describe, expect, it } from "vitest";
import { createReference } from "../../ops/reference/index.ts";
import { createRng } from "../../tensor/rng.ts";
import { elementCount } from "../../tensor/shape.ts";
import { buildBatch } from "../batch.ts";
import { checkConfig, type ModelConfig } from "../config.ts";
import { logits, transformer } from "../transformer.ts";
import { buildWeights, parameterCount } from "../weights.ts";
import { presets } from "./index.ts";

/** Published counts, or computed from the published sizes by the reference table. */
const published: Readonly<Record<string, number>> = {
  llama_7b: 6_738_415_616,
  llama_13b: 13_015_864_320,
  llama_33b: 32_528_943_616,
  llama_65b: 65_285_660_672,
  llama2_7b: 6_738_415_616,
  llama2_13b: 13_015_864_320,
  llama2_34b: 33_743_970_304,
  llama2_70b: 68_976_648_192,
  codellama_34b: 33_743_970_304,
  llama3_8b: 8_030_261_248,
  llama3_70b: 70_553_706_496,
  llama31_8b: 8_030_261_248,
  llama31_70b: 70_553_706_496,
  llama31_405b: 405_853_388_800,
  llama32_1b: 1_235_814_400,
  llama32_3b: 3_212_749_824,
  llama33_70b: 70_553_706_496,
  mistral_7b_v0_1: 7_241_732_096,
  tinyllama_1_1b: 1_100_048_384,
  smollm2_135m: 134_515_008,
  smollm2_360m: 361_821_120,
  smollm2_1_7b: 1_711_376_384,
  qwen2_0_5b: 494_032_768,
  qwen2_1_5b: 1_543_714_304,
  qwen25_3b: 3_085_938_688,
  qwen2_7b: 7_615_616_512,
  qwen3_0_6b: 596_049_920,
  qwen3_1_7b: 1_720_574_976,
  qwen3_4b: 4_022_468_096,
  qwen3_8b: 8_190_735_360,
  gemma_2b: 2_506_172_416,
  gemma2_2b: 2_614_341_888,
  gemma3_1b: 999_885_952,
  gpt2: 124_439_808,
  gpt2_medium: 354_823_168,
  gpt2_large: 774_030_080,
  gpt2_xl: 1_557_611_200,
  bloom_176b: 176_247_271_424,
};

describe("parameters", () => {
  it.each(Object.entries(published))("%s has %i", (name, count) => {
    expect(parameterCount(presets[name])).toBe(count);
  });

  it("of Qwen 7B and Mistral 7B v0.3 are about those that their names and cards say", () => {
    expect(parameterCount(presets.qwen_7b) / 1e9).toBeCloseTo(7.72, 2);
    expect(parameterCount(presets.mistral_7b_v0_3) / 1e9).toBeCloseTo(7.25, 2);
  });

  // llama-facts' formula, for the decoders with RMSNorm and a gate.
  const gated = Object.entries(presets).filter(([, { ffn, norm }]) => ffn.gated && norm.kind === "rms");
  it.each(gated)("of %s follow the formula", (_name, config: ModelConfig) => {
    const { dim: d, nLayers: L, nHeads: H, nKvHeads: KV, headDim: hd, hiddenDim: ffn, vocabSize: V } = config;
    const norms = config.residual === "sandwich" ? 4 * d : 2 * d;
    const biases = config.attention.qkvBias ? (H + 2 * KV) * hd : 0;
    const headNorms = config.attention.qkNorm ? 2 * hd : 0;
    const layer = d * H * hd + 2 * d * KV * hd + H * hd * d + 3 * d * ffn + norms + biases + headNorms;
    expect(parameterCount(config)).toBe(L * layer + d + V * d * (config.tiedEmbeddings ? 1 : 2));
  });
});

describe("Meta's rule gives the feed-forward network of", () => {
  it.each<[string, number]>([
    ["llama_7b", 11_008],
    ["llama_13b", 13_824],
    ["llama_33b", 17_920],
    ["llama_65b", 22_016],
    ["llama2_34b", 22_016],
    ["llama2_70b", 28_672],
    ["llama3_8b", 14_336],
    ["llama3_70b", 28_672],
    ["llama31_405b", 53_248],
    ["llama32_1b", 8192],
    ["llama32_3b", 8192],
  ])("%s its published width of %i", (name, width) => {
    expect(presets[name].hiddenDim).toBe(width);
  });
});

it.each(Object.entries(presets))("%s is a configuration that can be built", (_name, config) => {
  expect(checkConfig(config)).toBe(config);
});

it.each(Object.entries(presets).filter(([name]) => name.startsWith("tiny_")))("%s runs", async (_name, config) => {
  const ops = createReference();
  const rng = createRng(1);
  const weights = buildWeights(config, (_path, shape) => {
    const values = Float32Array.from({ length: elementCount(shape) }, () => 0.1 * rng.normal());
    return ops.weight(shape, "F32", new Uint8Array(values.buffer));
  });
  const h = transformer(ops, config, weights, buildBatch(ops, config, [{ ids: [5, 95, 0, 17], start: 0 }]));
  const scores = await ops.read(logits(ops, config, weights, h));
  expect(scores).toHaveLength(4 * config.vocabSize);
  expect(scores.every(Number.isFinite)).toBe(true);
});
