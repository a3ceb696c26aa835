// What every file of weights looks like to the layers above, whatever its format: named tensors whose bytes are read when asked for.
import type { StorageType } from "../tensor/dtype.ts";
import type { Shape } from "../tensor/shape.ts";

/** A tensor in a file: its description is in memory, its bytes are not. */
export interface StoredTensor {
  readonly name: string;
  /** Outermost dimension first, also for GGUF: a linear layer is [out, in]. */
  readonly shape: Shape;
  readonly type: StorageType;
  readonly byteLength: number;
  /** The file (the shard) that holds it, for messages. */
  readonly file: string;
  /** The raw little-endian bytes, whole or a range of them. @param into memory for as many bytes, which may be used */
  read(range?: { offset: number; length: number }, signal?: AbortSignal, into?: Uint8Array): Promise<Uint8Array>;
}

/** An open file or set of shards. */
export interface TensorFile {
  /** For messages: the file, the first of its shards, or their index. */
  readonly name: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  close(): Promise<void>;
}
