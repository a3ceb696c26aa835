// Loss and gradients of a checkpoint on a backend, for the tests of training.

import { buildBatch } from "../src/model/batch.ts";
import { loadWeights } from "../src/model/load.ts";
import { openCheckpoint } from "../src/model/open-checkpoint.ts";
import { logits, transformer } from "../src/model/transformer.ts";
import { buildWeights } from "../src/model/weights.ts";
import type { Ops, Tensor, Weight } from "../src/ops/ops.ts";
import { type Recorded, tape } from "../src/ops/tape.ts";
import type { Shape } from "../src/tensor/shape.ts";
import { modelOf, type TrainedModel } from "../src/train/trained-model.ts";

export interface Model<W> extends TrainedModel<W> {
  /** Low-rank products beside weights, by the paths of these (Hu 2021): y = w x + scale * b (a x). Where there are any, they alone are trained. */
  readonly adapters?: Readonly<Record<string, { readonly a: W; readonly b: W; readonly scale: number }>>;
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
    return modelOf(config, weights);
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
 * @param recompute keep nothing of the model for the way back, or of each layer (what the model does in a scope) its result only
 */
export function differentiate<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  { config, weights, named, adapters = {} }: Model<W>,
  rows: readonly number[][],
  labels: readonly number[][],
  recompute?: "everything" | "layers",
): Differentiated<T> {
  const targets = labels.flatMap((row) => [...row.slice(1), -100]);
  const counted = targets.filter((target) => target >= 0).length;
  const trained = Object.entries(adapters).flatMap(
    ([path, { a, b }]) =>
      [
        [`${path}.a`, a],
        [`${path}.b`, b],
      ] as const,
  );
  const wanted = Object.fromEntries(trained.length > 0 ? trained : Object.entries(named));
  const trainable = new Set(Object.values(wanted));
  const recorded = tape(ops, (w) => trainable.has(w));
  const adapterOf = new Map(Object.entries(adapters).map(([path, adapter]) => [named[path], adapter]));
  const batch = buildBatch(
    recorded,
    config,
    rows.map((ids) => ({ ids, start: 0 })),
  );
  const t: typeof recorded = {
    ...recorded,
    scope: <R>(body: () => R): R =>
      recompute === "layers" ? (recorded.checkpoint(body as () => Recorded<T>, batch.ids) as R) : recorded.scope(body),
    linear(x, w, bias) {
      const y = recorded.linear(x, w, bias);
      const adapter = adapterOf.get(w);
      return adapter ? recorded.add(y, recorded.scale(recorded.linear(recorded.linear(x, adapter.a), adapter.b), adapter.scale)) : y;
    },
  };
  const scores = () => logits(t, config, weights, transformer(t, config, weights, batch)); // [tokens, vocabSize]
  const kept = recompute === "everything" ? t.checkpoint(scores, batch.ids) : scores();
  const logProbs = t.logProbs(kept, t.input(Int32Array.from(targets)));
  const loss = t.read(logProbs).then((values) => -values.reduce((sum, logProb) => sum + logProb, 0) / counted);
  const byWeight = t.backward(logProbs, ops.input(new Float32Array(targets.length).fill(-1 / counted)));
  const paths = Object.keys(wanted).filter((path) => byWeight.has(wanted[path]));
  return { loss, gradients: Object.fromEntries(paths.map((path) => [path, byWeight.get(wanted[path])!])) };
}

/** The values of all tensors of a record. */
export async function readAll<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  tensors: Readonly<Record<string, T>>,
): Promise<Record<string, Float32Array>> {
  return Object.fromEntries(await Promise.all(Object.entries(tensors).map(async ([path, x]) => [path, await ops.read(x)] as const)));
}

/** Where two records of numbers are not the same bits. */
export function differences(a: Readonly<Record<string, Float32Array>>, b: Readonly<Record<string, Float32Array>>): string[] {
  const same = (x?: Float32Array, y?: Float32Array): boolean =>
    x?.length === y?.length && Boolean(x?.every((value, i) => Object.is(value, y?.[i])));
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((path) => !same(a[path], b[path]));
}
