// What the weights of a checkpoint take in the wasm backend, computed from shapes: nothing is read.
import { packedLayout } from "../ops/wasm/weights.ts";
import type { StorageType } from "../tensor/dtype.ts";
import type { Shape } from "../tensor/shape.ts";
import { type Checkpoint, checkTensors } from "./load.ts";
import { findTensor, storedAs } from "./read-weight.ts";
import { weightSource } from "./weight-names.ts";
import { weightShapes } from "./weights.ts";

export interface PackedWeight {
  /** In the record of weights: "layers.0.attention.wq". */
  readonly path: string;
  readonly shape: Shape;
  /** In the file. */
  readonly stored: StorageType;
  readonly storedBytes: number;
  /** In the backend: another type where it has no kernel for the stored one, and F32 for vectors. */
  readonly packed: StorageType;
  readonly packedBytes: number;
}

/** All weights, in the order in which they are loaded. @throws FormatError as {@link checkTensors} */
export function packedWeights(checkpoint: Checkpoint): PackedWeight[] {
  const { config, convention, file } = checkpoint;
  const storedBytes = checkTensors(checkpoint);
  return Array.from(weightShapes(config), ([path, shape]) => {
    const source = weightSource(config, convention, path);
    const stored = findTensor(file, source, shape);
    const { type, byteLength } = packedLayout(shape, storedAs(stored, source));
    return { path, shape, stored: stored.type, storedBytes: storedBytes.get(path)!, packed: type, packedBytes: byteLength };
  });
}
