// Opens a checkpoint, whatever its format, and puts its weights into a backend one by one.
import type { TensorFile } from "../formats/index.ts";
import type { Ops, Tensor, Weight } from "../ops/ops.ts";
import type { ModelConfig } from "./config.ts";
import { readWeight } from "./read-weight.ts";
import { type FileConvention, weightSource } from "./weight-names.ts";
import { buildWeights, type ModelWeights, weightShapes } from "./weights.ts";

/** What is known of a model before its weights are read. */
export interface Checkpoint {
  config: ModelConfig;
  convention: FileConvention;
  file: TensorFile;
}

export interface LoadOptions {
  /** Called after every weight. */
  onProgress?: (progress: { loadedBytes: number; totalBytes: number }) => void;
  signal?: AbortSignal;
}

/** Reads all weights of a checkpoint into a backend; at no time more than one of them is held here. */
export async function loadWeights<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  { config, convention, file }: Checkpoint,
  { onProgress, signal }: LoadOptions = {},
): Promise<ModelWeights<W>> {
  const shapes = [...weightShapes(config)];
  const loaded = new Map<string, W>();
  let totalBytes = 0;
  for (const tensor of file.tensors.values()) totalBytes += tensor.byteLength;
  let loadedBytes = 0;
  for (const [path, shape] of shapes) {
    signal?.throwIfAborted();
    const { type, bytes } = await readWeight(file, weightSource(config, convention, path), shape, signal);
    loaded.set(path, ops.weight(shape, type, bytes));
    loadedBytes += bytes.byteLength;
    onProgress?.({ loadedBytes, totalBytes });
  }
  return buildWeights(config, (path) => loaded.get(path)!);
}
