// Puts the weights of an open checkpoint into a backend, one by one.
import { FormatError } from "../errors.ts";
import type { ByteSource, GgufFile, SafetensorsFile } from "../formats/index.ts";
import { dequantize } from "../formats/quant/index.ts";
import type { Ops, Tensor, Weight } from "../ops/ops.ts";
import { elementCount } from "../tensor/shape.ts";
import type { ModelConfig } from "./config.ts";
import { createDesks, findTensor, readWeight, weightPieces } from "./read-weight.ts";
import type { WeightValues } from "./stored-values.ts";
import { isDispensable, weightSource } from "./weight-names.ts";
import { buildWeights, type ModelWeights, weightShapes } from "./weights.ts";

/** What is known of a model before its weights are read. */
export type Checkpoint = GgufCheckpoint | HfCheckpoint;

export interface GgufCheckpoint {
  readonly convention: "gguf";
  readonly config: ModelConfig;
  readonly file: GgufFile;
}

export interface HfCheckpoint {
  readonly convention: "hf";
  readonly config: ModelConfig;
  readonly file: SafetensorsFile;
  /** Opens a file beside config.json, such as tokenizer.json, for the caller to close; undefined where there is none. @throws UsageError when it cannot be opened */
  beside(name: string, signal?: AbortSignal): Promise<ByteSource | undefined>;
}

/** What tells a model's tokenizer and chat template; a GGUF file has it even where cria does not run the model. */
export type Companions = Pick<GgufCheckpoint, "convention" | "file"> | Pick<HfCheckpoint, "convention" | "beside">;

/** How far a model has come. */
export interface LoadProgress {
  /** First "download", for a name whose model is not here yet; then "load": weights into the backend. Each counts from 0. */
  readonly phase: "download" | "load";
  /** During a download it falls back when a file has to be fetched anew. */
  readonly loadedBytes: number;
  readonly totalBytes: number;
  /** The file that moved on, during a download. */
  readonly file?: string;
}

export interface LoadOptions {
  /** Called for every piece that arrives: of a file from the hub, then of the weights. */
  onProgress?: (progress: LoadProgress) => void;
  signal?: AbortSignal;
}

/** Streams all weights of a checkpoint into a backend: no more of them is here than some megabytes. */
export async function loadWeights<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  checkpoint: Checkpoint,
  { onProgress, signal }: LoadOptions = {},
): Promise<ModelWeights<W>> {
  const { config, convention, file } = checkpoint;
  const bytesOf = checkTensors(checkpoint);
  const totalBytes = [...bytesOf.values()].reduce((sum, bytes) => sum + bytes, 0);
  const desks = createDesks();
  let before = 0;
  const loaded = new Map<string, W>();
  for (const [path, shape] of weightShapes(config)) {
    const bytesInFile = bytesOf.get(path)!;
    const { type, byteLength, pieces } = weightPieces(file, weightSource(config, convention, path), shape, signal, desks);
    const watched = async function* (): AsyncGenerator<Uint8Array, void> {
      let done = 0;
      for await (const piece of pieces) {
        signal?.throwIfAborted();
        yield piece;
        done += piece.length;
        onProgress?.({ phase: "load", loadedBytes: before + (bytesInFile * done) / byteLength, totalBytes });
      }
    };
    loaded.set(path, await ops.streamWeight(shape, type, watched()));
    before += bytesInFile;
  }
  return buildWeights(config, (path) => loaded.get(path)!);
}

/** The weights of a checkpoint one by one, widened to float32: what exports of it ask for. */
export function checkpointValues({ config, convention, file }: Checkpoint, signal?: AbortSignal): WeightValues {
  return async (path, shape) => {
    const { type, bytes } = await readWeight(file, weightSource(config, convention, path), shape, signal);
    return dequantize(type, bytes);
  };
}

/**
 * Looks for every weight in the file, and for tensors that are none: a bias that the configuration does not mention would change the numbers.
 *
 * @returns how many bytes of the file each weight takes
 * @throws FormatError for a tensor that is missing, of another shape, or has no place in the model
 */
export function checkTensors({ config, convention, file }: Checkpoint): Map<string, number> {
  const bytesOf = new Map<string, number>();
  const used = new Set<string>();
  for (const [path, shape] of weightShapes(config)) {
    const stored = findTensor(file, weightSource(config, convention, path), shape);
    used.add(stored.name);
    bytesOf.set(path, (stored.byteLength * elementCount(shape)) / elementCount(stored.shape));
  }
  for (const { name, file: shard } of file.tensors.values()) {
    if (used.has(name) || isDispensable(config, name)) continue;
    throw new FormatError(
      `${shard}: tensor "${name}" has no place in a model of family ${config.family} with this configuration: the configuration belongs to another model, or leaves out an option`,
    );
  }
  return bytesOf;
}
