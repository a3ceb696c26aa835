// Opens a GGUF file, or all shards of a split one, for reading.
import { FormatError, UsageError } from "../../errors.ts";
import { ByteCursor, MissingBytes } from "../byte-cursor.ts";
import { fileName } from "../file-name.ts";
import { firstReadBytes, maxGgufHeaderBytes, maxShards } from "../limits.ts";
import { openSource, type SourceLike } from "../open-source.ts";
import { quote } from "../quote.ts";
import { type ByteSource, MissingFileError } from "../source.ts";
import { storedTensor } from "../stored-tensor.ts";
import type { StoredTensor, TensorFile } from "../tensor-file.ts";
import { type GgufHeader, readHeader } from "./header.ts";
import { type GgufValue, type MetadataGetters, metadataGetters } from "./metadata.ts";

/** An open GGUF file: tensors, metadata, and getters for it: `gguf.string("general.architecture")`, `gguf.number("llama.rope.freq_base", 10_000)`. */
export interface GgufFile extends TensorFile, MetadataGetters {
  /** 2 or 3. */
  readonly version: number;
  /** In the order of the file; that of the first shard when there are several. */
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** Tensors start at multiples of so many bytes. */
  readonly alignment: number;
}

/**
 * Reads the header of a GGUF file (v2, v3, little endian); tensors are read when asked for. The first shard of a split model opens all of them.
 * The returned file owns the source: close it.
 *
 * @throws FormatError for a damaged file, and for a version, byte order or tensor type that is not read; UsageError for a missing file or a later shard
 */
export async function openGguf(source: SourceLike, signal?: AbortSignal): Promise<GgufFile> {
  const sources = [await openSource(source, signal)];
  const close = async (): Promise<void> => {
    await Promise.all(sources.map((opened) => opened.close()));
  };
  try {
    const first = sources[0];
    const header = await loadHeader(first, signal);
    const tensors = new Map<string, StoredTensor>();
    addTensors(tensors, first, header);
    const getters = metadataGetters(first.name, header.metadata);
    for (const name of laterShards(first.name, getters)) {
      const shard = await openShard(first, name, signal);
      sources.push(shard);
      const shardHeader = await loadHeader(shard, signal);
      checkShard(shard.name, shardHeader, sources.length - 1, getters);
      addTensors(tensors, shard, shardHeader);
    }
    checkTensorCount(first.name, tensors, getters);
    return {
      name: first.name,
      version: header.version,
      metadata: header.metadata,
      alignment: header.alignment,
      tensors,
      close,
      ...getters,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The header's length is known only at its end, so a prefix of the file is parsed, and four times as much when that was too short. */
async function loadHeader(source: ByteSource, signal?: AbortSignal): Promise<GgufHeader> {
  let prefix = await source.read(0, Math.min(firstReadBytes, source.size), signal);
  for (;;) {
    try {
      return readHeader(new ByteCursor(source.name, prefix, source.size));
    } catch (error) {
      if (!(error instanceof MissingBytes)) throw error;
      prefix = await extend(source, prefix, Math.max(error.end, 4 * prefix.length), error.end, signal);
    }
  }
}

async function extend(source: ByteSource, prefix: Uint8Array, wanted: number, needed: number, signal?: AbortSignal): Promise<Uint8Array> {
  if (needed > maxGgufHeaderBytes) {
    throw new FormatError(
      `${source.name}: byte ${prefix.length}: the header goes on to byte ${needed} at least, at most ${maxGgufHeaderBytes} are read`,
    );
  }
  const size = Math.min(wanted, source.size, maxGgufHeaderBytes);
  const longer = new Uint8Array(size);
  longer.set(prefix);
  longer.set(await source.read(prefix.length, size - prefix.length, signal), prefix.length);
  return longer;
}

function addTensors(tensors: Map<string, StoredTensor>, source: ByteSource, header: GgufHeader): void {
  for (const place of header.tensors.values()) {
    const other = tensors.get(place.name);
    if (other) throw new FormatError(`${source.name}: byte ${place.offset}: tensor ${quote(place.name)} is also in ${other.file}`);
    tensors.set(place.name, storedTensor(source, place));
  }
}

/** Names of the second shard and all that follow, by llama.cpp's convention PREFIX-00001-of-00003.gguf; none for a file that is not split. */
function laterShards(name: string, { integer }: MetadataGetters): string[] {
  const count = integer("split.count", 1);
  if (count <= 1) return [];
  if (count > maxShards) throw new FormatError(`${name}: metadata key "split.count" is ${count}, at most ${maxShards} are read`);
  const index = integer("split.no");
  const match = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i.exec(fileName(name));
  const shardName = (i: number): string => `${match?.[1]}-${digits(i + 1)}-of-${digits(count)}.gguf`;
  if (index !== 0) {
    const first = match ? shardName(0) : "the shard whose name ends in -00001";
    throw new UsageError(`${name}: is shard ${index + 1} of ${count} (metadata key "split.no" is ${index}): open ${first} instead`);
  }
  if (!match || Number(match[2]) !== 1 || Number(match[3]) !== count) {
    throw new FormatError(
      `${name}: metadata key "split.count" is ${count}: the name must end in -00001-of-${digits(count)}.gguf, so that the other shards can be found`,
    );
  }
  return Array.from({ length: count - 1 }, (_, i) => shardName(i + 1));
}

const digits = (n: number): string => String(n).padStart(5, "0");

async function openShard(first: ByteSource, name: string, signal?: AbortSignal): Promise<ByteSource> {
  try {
    return await first.sibling(name, signal);
  } catch (cause) {
    if (!(cause instanceof MissingFileError)) throw cause;
    throw new UsageError(`${first.name}: is the first shard of several, the others must lie beside it: ${cause.message}`, { cause });
  }
}

function checkShard(name: string, header: GgufHeader, index: number, first: MetadataGetters): void {
  const { integer } = metadataGetters(name, header.metadata);
  const seen = { no: integer("split.no"), count: integer("split.count") };
  const count = first.integer("split.count");
  if (seen.no !== index || seen.count !== count) {
    throw new FormatError(
      `${name}: metadata keys "split.no" and "split.count" are ${seen.no} and ${seen.count}, expected ${index} and ${count}`,
    );
  }
}

function checkTensorCount(name: string, tensors: ReadonlyMap<string, StoredTensor>, { integer }: MetadataGetters): void {
  const announced = integer("split.tensors.count", tensors.size);
  if (announced !== tensors.size) {
    throw new FormatError(`${name}: metadata key "split.tensors.count" is ${announced}, the shards hold ${tensors.size} tensors`);
  }
}
