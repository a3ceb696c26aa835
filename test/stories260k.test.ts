// stories260K (karpathy/tinyllamas) in llama2.c's v0 layout: a real trained Llama of 260,032 parameters, judged by a float64 NumPy reference.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collectBytes, type GgufValue, type TensorInput, writeGguf } from "../src/formats/index.ts";
import { type BackendName, type Llama, load } from "../src/index.ts";
import { parameterCount } from "../src/model/weights.ts";
import { sharedPath } from "./goldens.ts";

const path = sharedPath("data/stories260K/stories260K.bin");
const reference = path && JSON.parse(readFileSync(sharedPath("data/stories260K/reference.json")!, "utf8"));

/**
 * llama2.c v0 (seven int32, then float32 tensors one after the other, each kind for all layers) as a GGUF file: its rotary pairs are neighbours, as in
 * a GGUF Llama, so only names are added.
 */
async function convertLlama2c(bytes: Uint8Array): Promise<Blob> {
  const [dim, hiddenDim, nLayers, nHeads, nKvHeads, vocabSize, maxSeqLen] = new Int32Array(bytes.slice(0, 28).buffer);
  const uint32 = (value: number): GgufValue => ({ type: "uint32", value });
  const metadata = new Map<string, GgufValue>([
    ["general.architecture", { type: "string", value: "llama" }],
    ["llama.embedding_length", uint32(dim)],
    ["llama.feed_forward_length", uint32(hiddenDim)],
    ["llama.block_count", uint32(nLayers)],
    ["llama.attention.head_count", uint32(nHeads)],
    ["llama.attention.head_count_kv", uint32(nKvHeads)],
    ["llama.attention.layer_norm_rms_epsilon", { type: "float32", value: 1e-5 }],
    ["llama.context_length", uint32(maxSeqLen)],
  ]);
  const tensors: TensorInput[] = [];
  let offset = 28;
  const take = (name: string, ...shape: number[]): void => {
    const end = offset + 4 * shape.reduce((a, b) => a * b, 1);
    tensors.push({ name, shape, type: "F32", data: bytes.subarray(offset, end) });
    offset = end;
  };
  const takeLayers = (name: string, ...shape: number[]): void => {
    for (let i = 0; i < nLayers; i++) take(`blk.${i}.${name}.weight`, ...shape);
  };
  const kvDim = (dim / nHeads) * nKvHeads;
  take("token_embd.weight", vocabSize, dim); // a positive vocabSize: the output matrix is tied to it
  takeLayers("attn_norm", dim);
  takeLayers("attn_q", dim, dim);
  takeLayers("attn_k", kvDim, dim);
  takeLayers("attn_v", kvDim, dim);
  takeLayers("attn_output", dim, dim);
  takeLayers("ffn_norm", dim);
  takeLayers("ffn_gate", hiddenDim, dim);
  takeLayers("ffn_down", dim, hiddenDim);
  takeLayers("ffn_up", hiddenDim, dim);
  take("output_norm.weight", dim);
  return new Blob([await collectBytes(writeGguf({ metadata, tensors }))]);
}

describe.skipIf(!path)("stories260K", () => {
  describe.each<BackendName>(["reference", "wasm"])("on %s", (backend) => {
    let llama: Llama;
    beforeAll(async () => {
      llama = await load(await convertLlama2c(new Uint8Array(readFileSync(path!))), { backend });
    });
    afterAll(() => llama.dispose());

    it("has the published number of parameters", () => {
      expect(parameterCount(llama.config)).toBe(reference.config.params);
    });

    it("gives the logits after the start token", async () => {
      const logits = await llama.logits([1]);
      expect(logits.slice(0, 10)).toBeWithin(2e-4, reference.logits_bos_first10);
      expect(logits.indexOf(Math.max(...logits))).toBe(reference.logits_bos_argmax);
      expect(Math.hypot(...logits)).toBeCloseTo(reference.logits_bos_l2, 3);
    });

    it("tells the story that llama2.c tells, 200 greedy tokens", async () => {
      const ids: number[] = [1];
      for await (const piece of llama.generate([1], { temperature: 0, maxTokens: 200 })) ids.push(piece.id);
      expect(ids).toEqual(reference.greedy_tokens_from_bos_200);
    });

    it("scores a story as NumPy does", async () => {
      const nll = (await llama.logProbs(reference.story1_ids)).map((x) => -x);
      expect(nll.slice(0, 5)).toBeWithin(1e-4, reference.story1_nll_first5);
      expect(nll.reduce((a, b) => a + b, 0) / nll.length).toBeCloseTo(reference.story1_mean_nll, 5);
    });
  });
});
