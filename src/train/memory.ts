// What a step of training takes of memory, from shapes: to be known before time is spent.
import { UsageError } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import { parameterCount } from "../model/weights.ts";
import { tokensAtATime } from "./loss.ts";

export interface StepShape {
  /** Tokens of one part of the batch. */
  readonly tokens: number;
  readonly parts: number;
  /** As {@link StepOptions.recompute}. */
  readonly recompute: boolean;
}

/** What is small besides, and what lies unused between regions. */
const rest = 1.25;

/** Bytes of weights with their moments and gradients, and of activations: what the wasm backend takes, within a fifth. */
export function stepBytes(config: ModelConfig, { tokens, parts, recompute }: StepShape): number {
  const { dim, nLayers, nHeads, nKvHeads, headDim, hiddenDim, vocabSize, ffn } = config;
  const perWeight = parts > 1 ? 5 : 4; // the weight, two moments, the gradient, the sum of gradients
  // Queries and keys before and after they are turned, values, what attention gives; the norms, both halves, both sums; inside the feed-forward network.
  const layer = 3 * nHeads * headDim + 3 * nKvHeads * headDim + 6 * dim + (ffn.gated ? 3 : 2) * hiddenDim;
  const kept = recompute ? nLayers * dim + layer : nLayers * layer;
  const floats = perWeight * parameterCount(config) + tokens * (kept + layer + 3 * dim) + 3 * Math.min(tokensAtATime, tokens) * vocabSize;
  return rest * 4 * floats;
}

/**
 * @param limit bytes that there are
 * @throws UsageError telling in how many parts the batch would fit
 */
export function requireMemory(config: ModelConfig, shape: StepShape, rows: number, limit: number): void {
  const needed = stepBytes(config, shape);
  if (needed <= limit) return;
  const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const tokens = shape.tokens * shape.parts;
  const fitting = Array.from({ length: rows }, (_, i) => i + 1).find(
    (parts) => rows % parts === 0 && stepBytes(config, { ...shape, tokens: tokens / parts, parts }) <= limit,
  );
  const advice = fitting === undefined ? "make the model or the rows smaller" : `compute it in ${fitting} parts (--parts ${fitting})`;
  throw new UsageError(`a step of ${tokens} tokens needs about ${gigabytes(needed)} of memory, there are ${gigabytes(limit)}: ${advice}`);
}
