// stories260K (karpathy/tinyllamas) in llama2.c's v0 layout: a real trained Llama of 260,032 parameters, judged by a float64 NumPy reference.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { StoredTensor } from "../src/formats/index.ts";
import { createEngine, type Engine } from "../src/generate/engine.ts";
import { generate } from "../src/generate/generate.ts";
import type { ModelConfig } from "../src/model/config.ts";
import { type Checkpoint, loadWeights } from "../src/model/load.ts";
import { parameterCount } from "../src/model/weights.ts";
import type { Ops, Tensor, Weight } from "../src/ops/ops.ts";
import { createReference } from "../src/ops/reference/index.ts";
import { createWasm } from "../src/ops/wasm/index.ts";
import type { Shape } from "../src/tensor/shape.ts";
import { sharedPath } from "./goldens.ts";

const path = sharedPath("data/stories260K/stories260K.bin");
const reference = path && JSON.parse(readFileSync(sharedPath("data/stories260K/reference.json")!, "utf8"));

/** llama2.c v0: seven int32, then float32 tensors one after the other, each kind for all layers. Its rotary pairs are neighbours, as in a GGUF Llama. */
function readLlama2c(file: string): Checkpoint {
  const bytes = new Uint8Array(readFileSync(file));
  const [dim, hiddenDim, nLayers, nHeads, nKvHeads, vocabSize, maxSeqLen] = new Int32Array(bytes.buffer.slice(0, 28));
  const headDim = dim / nHeads;
  const config: ModelConfig = {
    family: "llama",
    dim,
    nLayers,
    nHeads,
    nKvHeads,
    headDim,
    hiddenDim,
    vocabSize, // a negative one would mean an output matrix of its own
    maxSeqLen,
    norm: { kind: "rms", eps: 1e-5, bias: false },
    residual: "pre",
    attention: { scale: headDim ** -0.5, qkvBias: false, outputBias: false },
    ffn: { activation: "silu", gated: true, bias: false },
    positions: { kind: "rope", theta: 10_000 },
    tiedEmbeddings: true,
  };
  const tensors = new Map<string, StoredTensor>();
  let offset = 28;
  const take = (name: string, shape: Shape): void => {
    const byteLength = 4 * shape.reduce((a, b) => a * b, 1);
    const stored = bytes.subarray(offset, offset + byteLength);
    tensors.set(name, { name, shape, type: "F32", byteLength, file, read: async () => stored });
    offset += byteLength;
  };
  const takeLayers = (name: string, shape: Shape): void => {
    for (let i = 0; i < nLayers; i++) take(`blk.${i}.${name}.weight`, shape);
  };
  take("token_embd.weight", [vocabSize, dim]);
  takeLayers("attn_norm", [dim]);
  takeLayers("attn_q", [dim, dim]);
  takeLayers("attn_k", [nKvHeads * headDim, dim]);
  takeLayers("attn_v", [nKvHeads * headDim, dim]);
  takeLayers("attn_output", [dim, dim]);
  takeLayers("ffn_norm", [dim]);
  takeLayers("ffn_gate", [hiddenDim, dim]);
  takeLayers("ffn_down", [dim, hiddenDim]);
  takeLayers("ffn_up", [hiddenDim, dim]);
  take("output_norm.weight", [dim]);
  return { config, convention: "gguf", file: { tensors, close: async () => {} } } as Checkpoint;
}

async function engineOn<T extends Tensor, W extends Weight>(ops: Ops<T, W>): Promise<Engine> {
  const checkpoint = readLlama2c(path!);
  return createEngine(ops, checkpoint.config, await loadWeights(ops, checkpoint), checkpoint.config.maxSeqLen);
}

describe.skipIf(!path)("stories260K", () => {
  it("has the published number of parameters", () => {
    expect(parameterCount(readLlama2c(path!).config)).toBe(reference.config.params);
  });

  describe.each([
    ["reference", async () => engineOn(createReference())],
    ["wasm", async () => engineOn(await createWasm())],
  ])("on %s", (_name, open) => {
    it("gives the logits after the start token", async () => {
      const logits = await (await open()).logits([1], [0]);
      expect(logits.slice(0, 10)).toBeWithin(2e-4, reference.logits_bos_first10);
      expect(logits.indexOf(Math.max(...logits))).toBe(reference.logits_bos_argmax);
      expect(Math.hypot(...logits)).toBeCloseTo(reference.logits_bos_l2, 3);
    });

    it("tells the story that llama2.c tells, 200 greedy tokens", async () => {
      const ids: number[] = [1];
      for await (const piece of generate(await open(), undefined, [1], { temperature: 0, maxTokens: 200 })) ids.push(piece.id);
      expect(ids).toEqual(reference.greedy_tokens_from_bos_200);
    });

    it("scores a story as NumPy does", async () => {
      const nll = (await (await open()).logProbs(reference.story1_ids)).map((x) => -x);
      expect(nll.slice(0, 5)).toBeWithin(1e-4, reference.story1_nll_first5);
      expect(nll.reduce((a, b) => a + b, 0) / nll.length).toBeCloseTo(reference.story1_mean_nll, 5);
    });
  });
});
