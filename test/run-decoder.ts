// Runs a checkpoint on the reference backend, for the tests of model families: logits, hidden states, loss, greedy decoding, with and without a cache.
import { buildBatch, type SequenceChunk } from "../src/model/batch.ts";
import type { ModelConfig } from "../src/model/config.ts";
import { type Checkpoint, loadWeights } from "../src/model/load.ts";
import { openCheckpoint } from "../src/model/open-checkpoint.ts";
import { logits, transformer } from "../src/model/transformer.ts";
import type { ModelWeights } from "../src/model/weights.ts";
import type { KvCache } from "../src/ops/ops.ts";
import { createReference, type RefTensor, type RefWeight } from "../src/ops/reference/index.ts";

export interface Decoder {
  readonly config: ModelConfig;
  /** One row of scores for each token. */
  run(chunks: readonly SequenceChunk[], cache?: KvCache): { logits: number[][]; hidden: number[][][]; tensor: RefTensor };
  /** Mean next-token cross-entropy over the labels that are not negative, one for each token. */
  loss(scores: RefTensor, labels: readonly number[]): number;
  /** Pages for one sequence after the other, `pageSize` tokens each. */
  cache(pages: number, pageSize: number): KvCache;
}

const ops = createReference();

export async function openDecoder(source: string | Blob): Promise<Decoder> {
  return loadDecoder(await openCheckpoint(source));
}

/** Loads and closes the checkpoint. */
export async function loadDecoder(checkpoint: Checkpoint): Promise<Decoder> {
  try {
    return decoder(checkpoint.config, await loadWeights(ops, checkpoint));
  } finally {
    await checkpoint.file.close();
  }
}

export function decoder(config: ModelConfig, weights: ModelWeights<RefWeight>): Decoder {
  return {
    config,
    run(chunks, cache) {
      const hidden: number[][][] = [];
      const h = transformer(ops, config, weights, buildBatch(ops, config, chunks, cache), (_layer, x) => hidden.push(rowsOf(x)));
      const tensor = logits(ops, config, weights, h);
      return { logits: rowsOf(tensor), hidden, tensor };
    },
    loss(scores, labels) {
      const { data } = ops.logProbs(scores, ops.input(Int32Array.from(labels)));
      return -Array.from(data).reduce((sum, logProb) => sum + logProb, 0) / labels.filter((label) => label >= 0).length;
    },
    cache: (pages, pageSize) =>
      ops.kvCache({ nLayers: config.nLayers, nKvHeads: config.nKvHeads, headDim: config.headDim, pages, pageSize }),
  };
}

function rowsOf({ data, shape }: RefTensor): number[][] {
  return Array.from({ length: shape[0] }, (_, t) => Array.from(data.subarray(t * shape[1], (t + 1) * shape[1])));
}

/** Always the largest score: over the whole sequence every time, or with a cache that keeps what was computed. */
export function greedy(model: Decoder, prompt: readonly number[], count: number, cached: boolean): { ids: number[]; gaps: number[] } {
  const all = [...prompt];
  const gaps: number[] = [];
  const pageSize = 16;
  const pages = Array.from({ length: Math.ceil((prompt.length + count) / pageSize) }, (_, i) => i);
  const cache = cached ? model.cache(pages.length, pageSize) : undefined;
  let done = 0;
  for (let i = 0; i < count; i++) {
    const { logits: rows } = model.run([{ ids: all.slice(done), start: done, pages }], cache);
    const last = rows.at(-1)!;
    const [best, second] = last.toSorted((a, b) => b - a);
    gaps.push(best - second);
    if (cached) done = all.length;
    all.push(last.indexOf(best));
  }
  return { ids: all.slice(prompt.length), gaps };
}
