// A model while it is trained: its weights as the model reads them, and the same by their paths, as the optimiser and checkpoints go through them.
import type { ModelConfig } from "../model/config.ts";
import { initialValues } from "../model/init.ts";
import { buildWeights, type ModelWeights, namedWeights } from "../model/weights.ts";
import type { Ops, Tensor, Weight } from "../ops/ops.ts";
import { createRng } from "../tensor/rng.ts";
import type { Shape } from "../tensor/shape.ts";

export interface TrainedModel<W> {
  readonly config: ModelConfig;
  readonly weights: ModelWeights<W>;
  /** By the paths of the record: "layers.0.attention.wq". */
  readonly named: Readonly<Record<string, W>>;
}

/** Weights to begin with. @param seed the same seed gives the same weights everywhere */
export function newModel<T extends Tensor, W extends Weight>(ops: Ops<T, W>, config: ModelConfig, seed: number): TrainedModel<W> {
  const rng = createRng(seed);
  const make = (path: string, shape: Shape): W => {
    const values = initialValues(config, path, shape, rng);
    return ops.weight(shape, "F32", new Uint8Array(values.buffer));
  };
  return modelOf(config, buildWeights(config, make));
}

export function modelOf<W>(config: ModelConfig, weights: ModelWeights<W>): TrainedModel<W> {
  return { config, weights, named: namedWeights(config, weights) };
}
