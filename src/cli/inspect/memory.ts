// The memory that a model will need in the wasm backend, computed from shapes.
import type { Checkpoint } from "../../model/load.ts";
import { findTensor } from "../../model/read-weight.ts";
import { weightSource } from "../../model/weight-names.ts";
import { weightShapes } from "../../model/weights.ts";
import { packedLayout } from "../../ops/wasm/weights.ts";

/** In bytes. */
export interface Memory {
  /** All tensors as the file holds them. */
  readonly weightsStored: number;
  /** As the wasm backend holds them: types without a kernel are widened to float32. */
  readonly weightsWasm: number;
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

/**
 * The engine runs up to 32 tokens at once and keeps freed memory by size. Twenty rows of dim + hiddenDim float32 for each of them are 5.4 MB for
 * SmolLM2 135M, which took 5.0 MB.
 */
const activationFloats = 32 * 20;

/** Bytes of each weight in the wasm backend, by its path in the record. */
export function packedBytes({ config, convention, file }: Checkpoint): Map<string, number> {
  const bytes = new Map<string, number>();
  for (const [path, shape] of weightShapes(config)) {
    const source = weightSource(config, convention, path);
    const { type } = findTensor(file, source, shape);
    bytes.set(path, packedLayout(shape, source.transposed || source.minusOne ? "F32" : type).byteLength);
  }
  return bytes;
}

/** @param totalContext tokens for which the total is told */
export function memoryOf(checkpoint: Checkpoint, totalContext: number): Memory {
  const { config, file } = checkpoint;
  const weightsWasm = [...packedBytes(checkpoint).values()].reduce((sum, bytes) => sum + bytes, 0);
  const { nLayers, nKvHeads, headDim, maxSeqLen: context } = config;
  const kvPerToken = 2 * nLayers * nKvHeads * headDim * Float32Array.BYTES_PER_ELEMENT;
  const weightsStored = [...file.tensors.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  const activations = activationFloats * (config.dim + config.hiddenDim) * Float32Array.BYTES_PER_ELEMENT;
  return {
    weightsStored,
    weightsWasm,
    kvPerThousandTokens: 1000 * kvPerToken,
    kvFullContext: context * kvPerToken,
    context,
    activations,
    total: weightsWasm + totalContext * kvPerToken + activations,
    totalContext,
  };
}
