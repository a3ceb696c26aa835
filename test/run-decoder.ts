// Runs a checkpoint on a backend, for the tests of model families: logits, hidden states, loss, greedy decoding, with and without a cache.
import { buildBatch, type SequenceChunk } from "../src/model/batch.ts";
import type { ModelConfig } from "../src/model/config.ts";
import { type Checkpoint, loadWeights } from "../src/model/load.ts";
import { openCheckpoint } from "../src/model/open-checkpoint.ts";
import { logits, transformer } from "../src/model/transformer.ts";
import type { ModelWeights } from "../src/model/weights.ts";
import type { KvCache, Ops, Tensor, Weight } from "../src/ops/ops.ts";
import { createReference } from "../src/ops/reference/index.ts";
import { createWasm } from "../src/ops/wasm/index.ts";

export interface Decoder {
  readonly config: ModelConfig;
  /** One row of scores for each token, and the residual stream of each token before, between and after the layers. */
  run(chunks: readonly SequenceChunk[], cache?: KvCache): Promise<{ logits: number[][]; hidden: number[][][] }>;
  /** Mean next-token cross-entropy over the labels that are not negative, one for each token. */
  loss(chunks: readonly SequenceChunk[], labels: readonly number[]): Promise<number>;
  /** Pages for one sequence after the other, `pageSize` tokens each. */
  cache(pages: number, pageSize: number): KvCache;
}

/** Every model is judged on each: on the reference in float64, and on the default backend with float32 activations. */
export const backends = ["reference", "wasm"] as const;
export type Backend = (typeof backends)[number];

const reference = createReference();
let wasm: ReturnType<typeof createWasm> | undefined;

export async function openDecoder(source: string | Blob, backend: Backend): Promise<Decoder> {
  return loadDecoder(await openCheckpoint(source), backend);
}

/** Loads and closes the checkpoint. */
export async function loadDecoder(checkpoint: Checkpoint, backend: Backend): Promise<Decoder> {
  if (backend === "reference") return loadOn(reference, checkpoint);
  wasm ??= createWasm({ activations: "f32" });
  return loadOn(await wasm, checkpoint);
}

async function loadOn<T extends Tensor, W extends Weight>(ops: Ops<T, W>, checkpoint: Checkpoint): Promise<Decoder> {
  try {
    return decoder(ops, checkpoint.config, await loadWeights(ops, checkpoint));
  } finally {
    await checkpoint.file.close();
  }
}

function decoder<T extends Tensor, W extends Weight>(ops: Ops<T, W>, config: ModelConfig, weights: ModelWeights<W>): Decoder {
  const score = (chunks: readonly SequenceChunk[], cache?: KvCache, probe?: (layer: number, h: T) => void): T =>
    logits(ops, config, weights, transformer(ops, config, weights, buildBatch(ops, config, chunks, cache), probe));
  const rowsOf = async (x: T): Promise<number[][]> => {
    const { shape } = x;
    const values = await ops.read(x);
    return Array.from({ length: shape[0] }, (_, t) => Array.from(values.subarray(t * shape[1], (t + 1) * shape[1])));
  };
  return {
    config,
    async run(chunks, cache) {
      const hidden: Promise<number[][]>[] = [];
      const scores = ops.scope(() => rowsOf(score(chunks, cache, (_layer, h) => hidden.push(rowsOf(h)))));
      return { logits: await scores, hidden: await Promise.all(hidden) };
    },
    async loss(chunks, labels) {
      const logProbs = await ops.scope(() => ops.read(ops.logProbs(score(chunks), ops.input(Int32Array.from(labels)))));
      return -logProbs.reduce((sum, logProb) => sum + logProb, 0) / labels.filter((label) => label >= 0).length;
    },
    cache: (pages, pageSize) =>
      ops.kvCache({ nLayers: config.nLayers, nKvHeads: config.nKvHeads, headDim: config.headDim, pages, pageSize }),
  };
}

/** Always the largest score: over the whole sequence every time, or with a cache that keeps what was computed. */
export async function greedy(model: Decoder, prompt: readonly number[], count: number, cached: boolean): Promise<number[]> {
  const all = [...prompt];
  const pageSize = 16;
  const pages = Array.from({ length: Math.ceil((prompt.length + count) / pageSize) }, (_, i) => i);
  const cache = cached ? model.cache(pages.length, pageSize) : undefined;
  let done = 0;
  for (let i = 0; i < count; i++) {
    const { logits: rows } = await model.run([{ ids: all.slice(done), start: done, pages }], cache);
    const last = rows.at(-1)!;
    if (cached) done = all.length;
    all.push(last.indexOf(Math.max(...last)));
  }
  return all.slice(prompt.length);
}
