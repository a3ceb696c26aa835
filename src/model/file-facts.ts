// What a model file says of itself, found out without reading its weights; also of files that cria cannot run, with the reason.
import { sentenceOf } from "../errors.ts";
import { type GgufFile, openGguf, openSafetensors, type StoredTensor, type TensorFile } from "../formats/index.ts";
import { elementCount } from "../tensor/shape.ts";
import type { ModelConfig } from "./config.ts";
import type { Checkpoint } from "./load.ts";
import { openCheckpoint } from "./open-checkpoint.ts";
import { parameterCount } from "./weights.ts";

/** A model that is open, as far as it could be opened. */
export interface OpenedModel {
  readonly file: TensorFile;
  /** The same file, where it is a GGUF. */
  readonly gguf?: GgufFile;
  readonly checkpoint?: Checkpoint;
  /** Why there is no checkpoint. */
  readonly obstacle?: string;
}

export interface FileFacts {
  /** "GGUF v3", "safetensors" */
  readonly format: string;
  /** Of the first shard, where there are several. */
  readonly file: string;
  /** As the file calls itself. */
  readonly title: string | undefined;
  readonly architecture: string | undefined;
  /** Why cria does not run it; undefined when it does. */
  readonly obstacle: string | undefined;
  readonly config: ModelConfig | undefined;
  /** Numbers in all tensors; those of the model where the configuration is known. */
  readonly parameters: number;
  /** The largest share first. */
  readonly types: readonly TypeShare[];
}

/** How much of the file is of one storage type. */
export interface TypeShare {
  readonly type: string;
  readonly tensors: number;
  readonly parameters: number;
  readonly bytes: number;
}

/**
 * Opens a whole model; where that fails, at least its tensors. The caller closes the file.
 *
 * @throws UsageError for a path that leads nowhere, FormatError for a file whose tensors cannot even be listed
 */
export async function openWhatWorks(place: string | URL, signal?: AbortSignal): Promise<OpenedModel> {
  try {
    const checkpoint = await openCheckpoint(place, signal);
    return { file: checkpoint.file, gguf: checkpoint.convention === "gguf" ? checkpoint.file : undefined, checkpoint };
  } catch (error) {
    const obstacle = sentenceOf(error);
    if (obstacle === undefined) throw error;
    // What went wrong with the model says more than what goes wrong with its parts.
    const opened = await openTensors(place, signal).catch(() => {
      throw error;
    });
    return { ...opened, obstacle };
  }
}

async function openTensors(place: string | URL, signal?: AbortSignal): Promise<OpenedModel> {
  const safetensors = /\.gguf$/i.test(String(place)) ? undefined : await openSafetensors(place, signal).catch(() => undefined);
  if (safetensors) return { file: safetensors };
  const gguf = await openGguf(place, signal);
  return { file: gguf, gguf };
}

export function fileFacts({ file, gguf, checkpoint, obstacle }: OpenedModel): FileFacts {
  const tensors = [...file.tensors.values()];
  return {
    format: gguf ? `GGUF v${gguf.version}` : "safetensors",
    file: file.name,
    title: gguf && textIn(gguf, "general.name"),
    architecture: gguf ? textIn(gguf, "general.architecture") : checkpoint?.config.family,
    obstacle,
    config: checkpoint?.config,
    parameters: checkpoint ? parameterCount(checkpoint.config) : tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0),
    types: sharesOf(tensors),
  };
}

/** A text of the metadata. */
export function textIn(gguf: GgufFile, key: string): string | undefined {
  const value = gguf.metadata.get(key)?.value;
  return typeof value === "string" ? value : undefined;
}

function sharesOf(tensors: readonly StoredTensor[]): TypeShare[] {
  const shares = new Map<string, TypeShare>();
  for (const { type, shape, byteLength } of tensors) {
    const { tensors, parameters, bytes } = shares.get(type) ?? { tensors: 0, parameters: 0, bytes: 0 };
    shares.set(type, { type, tensors: tensors + 1, parameters: parameters + elementCount(shape), bytes: bytes + byteLength });
  }
  return [...shares.values()].sort((a, b) => b.bytes - a.bytes);
}
