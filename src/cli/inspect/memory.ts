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
}

export function memoryOf({ config, convention, file }: Checkpoint): Memory {
  let weightsWasm = 0;
  for (const [path, shape] of weightShapes(config)) {
    const source = weightSource(config, convention, path);
    const { type } = findTensor(file, source, shape);
    weightsWasm += packedLayout(shape, source.transposed || source.minusOne ? "F32" : type).byteLength;
  }
  const { nLayers, nKvHeads, headDim, maxSeqLen: context } = config;
  const kvPerToken = 2 * nLayers * nKvHeads * headDim * Float32Array.BYTES_PER_ELEMENT;
  const weightsStored = [...file.tensors.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  return { weightsStored, weightsWasm, kvPerThousandTokens: 1000 * kvPerToken, kvFullContext: context * kvPerToken, context };
}
