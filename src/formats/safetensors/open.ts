// Opens safetensors for reading: one file, the shards that an index names, or the folder that holds either.
import { FormatError } from "../../errors.ts";
import { fileName, siblingName } from "../file-name.ts";
import { fileInFolder } from "../file-source.ts";
import { maxIndexBytes, maxJsonDepth, maxShards } from "../limits.ts";
import { openSource, type SourceLike } from "../open-source.ts";
import { quote, showJson } from "../quote.ts";
import { readJson } from "../read-whole.ts";
import { type ByteSource, MissingFileError } from "../source.ts";
import { storedTensor } from "../stored-tensor.ts";
import { isJsonObject, type Json } from "../strict-json.ts";
import type { StoredTensor, TensorFile } from "../tensor-file.ts";
import { readSafetensorsHeader } from "./header.ts";

/** An open safetensors file, or all shards of an index. */
export interface SafetensorsFile extends TensorFile {
  /** The strings under "__metadata__"; those of the first shard when there are several. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** What Hugging Face calls the weights in a folder, the single file first, as its libraries look for them. */
export const weightFiles: readonly [string, string] = ["model.safetensors", "model.safetensors.index.json"];

/**
 * Opens a .safetensors file, a model.safetensors.index.json with its shards beside it, or a folder (path only) with either.
 * Only headers are read; tensors are read when asked for. The returned file owns the source: close it.
 *
 * @throws FormatError for a damaged file or index, and for a dtype that is not read; UsageError for a missing file
 */
export async function openSafetensors(source: SourceLike, signal?: AbortSignal): Promise<SafetensorsFile> {
  const first = await openSource(typeof source === "string" ? await fileInFolder(source, weightFiles) : source, signal);
  return /\.json$/i.test(fileName(first.name)) ? openIndex(first, signal) : openSingle(first, signal);
}

async function openSingle(source: ByteSource, signal?: AbortSignal): Promise<SafetensorsFile> {
  try {
    const { metadata, tensors } = await readSafetensorsHeader(source, signal);
    return {
      name: source.name,
      metadata,
      tensors: new Map(tensors.map((place) => [place.name, storedTensor(source, place)])),
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function openIndex(index: ByteSource, signal?: AbortSignal): Promise<SafetensorsFile> {
  const shards = new Map<string, SafetensorsFile>();
  const close = async (): Promise<void> => {
    await Promise.all([...shards.values()].map((shard) => shard.close()));
  };
  try {
    const shardOf = await readWeightMap(index, signal);
    for (const name of new Set(shardOf.values())) shards.set(name, await openShard(index, name, signal));
    const tensors = new Map<string, StoredTensor>();
    for (const [tensor, shard] of shardOf) {
      const stored = shards.get(shard)?.tensors.get(tensor);
      if (!stored) throw new FormatError(`${index.name}: key "weight_map".${quote(tensor)}: the tensor is not in ${shard}`);
      tensors.set(tensor, stored);
    }
    const [first] = shards.values();
    return { name: index.name, metadata: first?.metadata ?? new Map(), tensors, close };
  } catch (error) {
    await close();
    throw error;
  } finally {
    await index.close();
  }
}

/** Tensor name to shard name. */
async function readWeightMap(index: ByteSource, signal?: AbortSignal): Promise<Map<string, string>> {
  const weightMap = weightMapIn(index.name, await readJson(index, maxIndexBytes, maxJsonDepth, signal));
  const shardOf = new Map<string, string>();
  for (const [tensor, shard] of Object.entries(weightMap)) {
    const key = `${index.name}: key "weight_map".${quote(tensor)}`;
    if (typeof shard !== "string") throw new FormatError(`${key} is ${showJson(shard)}, expected a file name`);
    shardOf.set(tensor, siblingName(shard, key));
  }
  const count = new Set(shardOf.values()).size;
  if (count > maxShards) throw new FormatError(`${index.name}: key "weight_map" names ${count} files, at most ${maxShards} are read`);
  return shardOf;
}

function weightMapIn(file: string, index: Json): Readonly<Record<string, Json>> {
  const weightMap = isJsonObject(index) ? index.weight_map : undefined;
  if (!isJsonObject(weightMap)) {
    throw new FormatError(`${file}: key "weight_map" is ${showJson(weightMap)}, expected an object of tensor names and file names`);
  }
  return weightMap;
}

async function openShard(index: ByteSource, name: string, signal?: AbortSignal): Promise<SafetensorsFile> {
  try {
    return await openSingle(await index.sibling(name, signal), signal);
  } catch (cause) {
    if (!(cause instanceof MissingFileError)) throw cause;
    throw new FormatError(`${index.name}: key "weight_map" names ${name}, which cannot be opened: ${cause.message}`, { cause });
  }
}
