// The memory that a model will need in the wasm backend: the plan that load() goes by, and what `cria inspect` adds to it.
import { cacheLayout } from "../../generate/engine.ts";
import { planMemory } from "../../generate/memory-plan.ts";
import type { Checkpoint } from "../../model/load.ts";
import type { PackedWeight } from "../../model/packed-weights.ts";
import type { StorageType } from "../../tensor/dtype.ts";

/** In bytes. */
export interface Memory {
  /** All tensors as the file holds them. */
  readonly weightsStored: number;
  /** As the wasm backend holds them. */
  readonly weightsWasm: number;
  /** Matrices of types that the backend has no kernel for, and what it makes of them. */
  readonly widened: readonly Widened[];
  /** Keys and values, float32. */
  readonly kvPerThousandTokens: number;
  readonly kvFullContext: number;
  /** Tokens of the full context. */
  readonly context: number;
  /** What passes through the layers: an allowance. */
  readonly activations: number;
  /** Weights in the wasm backend, keys and values of `totalContext` tokens, and activations. */
  readonly total: number;
  /** Tokens that a text may have where nothing else is asked for. */
  readonly totalContext: number;
}

export interface Widened {
  readonly from: StorageType;
  readonly to: StorageType;
  readonly storedBytes: number;
  readonly bytes: number;
}

/** @param totalContext tokens for which the total is told */
export function memoryOf(checkpoint: Checkpoint, totalContext: number): Memory {
  const { config, file } = checkpoint;
  const { weights, weightBytes, working, total } = planMemory(checkpoint, cacheLayout(config, totalContext));
  const { nLayers, nKvHeads, headDim, maxSeqLen: context } = config;
  const kvPerToken = 2 * nLayers * nKvHeads * headDim * Float32Array.BYTES_PER_ELEMENT;
  return {
    weightsStored: [...file.tensors.values()].reduce((sum, { byteLength }) => sum + byteLength, 0),
    weightsWasm: weightBytes,
    widened: widenedOf(weights),
    kvPerThousandTokens: 1000 * kvPerToken,
    kvFullContext: context * kvPerToken,
    context,
    activations: working,
    total,
    totalContext,
  };
}

function widenedOf(weights: readonly PackedWeight[]): Widened[] {
  const sums = new Map<string, Widened>();
  for (const { shape, stored: from, packed: to, storedBytes, packedBytes } of weights) {
    if (from === to || shape.length !== 2) continue;
    const sum = sums.get(`${from} ${to}`) ?? { from, to, storedBytes: 0, bytes: 0 };
    sums.set(`${from} ${to}`, { from, to, storedBytes: sum.storedBytes + storedBytes, bytes: sum.bytes + packedBytes });
  }
  return [...sums.values()];
}
