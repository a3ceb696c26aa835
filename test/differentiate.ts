// Loss and gradients of a checkpoint on a backend, for the tests of training.

import { buildBatch } from "../src/model/batch.ts";
import type { ModelConfig } from "../src/model/config.ts";
import { loadWeights } from "../src/model/load.ts";
import { openCheckpoint } from "../src/model/open-checkpoint.ts";
import { logits, transformer } from "../src/model/transformer.ts";
import { buildWeights, type ModelWeights, weightShapes } from "../src/model/weights.ts";
import type { Ops, Tensor, Weight } from "../src/ops/ops.ts";
import { tape } from "../src/ops/tape.ts";
import type { Shape } from "../src/tensor/shape.ts";

export interface Model<W> {
  readonly config: ModelConfig;
  readonly weights: ModelWeights<W>;
  /** The same weights by their paths: "layers.0.attention.wq". */
  readonly named: Readonly<Record<string, W>>;
}

/** @param make the weights, in place of those that the checkpoint holds */
export async function openModel<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  folder: string,
  make?: (path: string, shape: Shape) => W,
): Promise<Model<W>> {
  const checkpoint = await openCheckpoint(folder);
  try {
    const { config } = checkpoint;
    const weights = make ? buildWeights(config, make) : await loadWeights(ops, checkpoint);
    const at = (path: string): W => path.split(".").reduce((node: unknown, key) => (node as Record<string, unknown>)[key], weights) as W;
    return { config, weights, named: Object.fromEntries([...weightShapes(config).keys()].map((path) => [path, at(path)])) };
  } finally {
    await checkpoint.file.close();
  }
}

export interface Differentiated<T> {
  readonly loss: Promise<number>;
  /** By the paths of the weights. */
  readonly gradients: Record<string, T>;
}

/**
 * Loss and gradients of the mean cross-entropy, to be called in a scope. The label at position t is the target of position t - 1; negative ones do not count.
 *
 * @param recompute keep nothing of the model for the way back
 */
export function differentiate<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  { config, weights, named }: Model<W>,
  rows: readonly number[][],
  labels: readonly number[][],
  recompute = false,
): Differentiated<T> {
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
  const loss = t.read(logProbs).then((values) => -values.reduce((sum, logProb) => sum + logProb, 0) / counted);
  const byWeight = t.backward(logProbs, ops.input(new Float32Array(targets.length).fill(-1 / counted)));
  const paths = Object.keys(named).filter((path) => byWeight.has(named[path]));
  return { loss, gradients: Object.fromEntries(paths.map((path) => [path, byWeight.get(named[path])!])) };
}

/** The values of all tensors of a record. */
export async function readAll<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  tensors: Readonly<Record<string, T>>,
): Promise<Record<string, Float32Array>> {
  return Object.fromEntries(await Promise.all(Object.entries(tensors).map(async ([path, x]) => [path, await ops.read(x)] as const)));
}
