// The memory that a model needs in the wasm backend, computed from shapes before anything is allocated.
import type { Checkpoint } from "../model/load.ts";
import { type PackedWeight, packedWeights } from "../model/packed-weights.ts";
import type { KvLayout } from "../ops/ops.ts";
import type { PlacePlan } from "../ops/wasm/index.ts";
import { type KvType, kvPageBytes } from "../ops/wasm/kv-types.ts";
import { PROMPT_TOKENS } from "./engine.ts";
import { ROWS } from "./run-step.ts";

/** In bytes. */
export interface MemoryPlan extends PlacePlan {
  readonly weights: readonly PackedWeight[];
  /** All of them as the backend holds them. */
  readonly weightBytes: number;
  /** Keys and values of all tokens that the cache holds. */
  readonly cacheBytes: number;
  /** All of that, and what passes through the layers. */
  readonly total: number;
}

export function planMemory(checkpoint: Checkpoint, cache: KvLayout, kvType: KvType = "f32"): MemoryPlan {
  const { dim, hiddenDim, vocabSize } = checkpoint.config;
  const weights = packedWeights(checkpoint);
  const layerCache = 2 * aligned(cache.pages * kvPageBytes(cache, kvType));
  const parts = partsOf(weights).map((part) => ({
    weights: part.length,
    bytes: sum(part.map(({ packedBytes }) => aligned(packedBytes))),
    cacheBytes: layerOf(part[0]) === undefined ? 0 : layerCache,
  }));
  // Some twenty rows of both widths for each token of a step, scores twice, and commands. SmolLM2 135M takes 38 MB (38 planned), a Llama of 1.1B 80 (91).
  const working = 4 * (20 * PROMPT_TOKENS * (dim + hiddenDim) + 2 * ROWS * vocabSize) + 2 ** 22;
  const weightBytes = sum(parts.map(({ bytes }) => bytes));
  const cacheBytes = sum(parts.map(({ cacheBytes }) => cacheBytes));
  return { parts, working, weights, weightBytes, cacheBytes, total: weightBytes + cacheBytes + working };
}

/** Each layer, what is before the layers, and what comes after them. */
function partsOf(weights: readonly PackedWeight[]): PackedWeight[][] {
  const parts: PackedWeight[][] = [];
  weights.forEach((weight, i) => {
    if (i > 0 && layerOf(weights[i - 1]) === layerOf(weight)) parts.at(-1)!.push(weight);
    else parts.push([weight]);
  });
  return parts;
}

function layerOf({ path }: PackedWeight): string | undefined {
  return /^layers\.(\d+)\./.exec(path)?.[1];
}

/** Regions of a memory begin at multiples of 32. */
function aligned(byteLength: number): number {
  return 32 * Math.ceil(byteLength / 32);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
