// A tensor on its way into a file: its bytes at hand, or read piece by piece while they are written, so that no model is ever in memory whole.
import { UsageError } from "../errors.ts";
import { type StorageType, storage, storageBytes } from "../tensor/dtype.ts";
import { elementCount, type Shape, showShape } from "../tensor/shape.ts";
import { quote } from "./quote.ts";
import type { StoredTensor } from "./tensor-file.ts";

export interface TensorInput {
  readonly name: string;
  /** Outermost dimension first. */
  readonly shape: Shape;
  readonly type: StorageType;
  /** Little-endian bytes, whole, or a function that starts a stream of them. */
  readonly data: Uint8Array | (() => AsyncIterable<Uint8Array>);
}

const pieceBytes = 4 * 1024 * 1024;

/** A tensor of one file as it is, for writing into another. */
export function fromStored(tensor: StoredTensor): TensorInput {
  const { name, shape, type, byteLength } = tensor;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let offset = 0; offset < byteLength; offset += pieceBytes) {
      yield await tensor.read({ offset, length: Math.min(pieceBytes, byteLength - offset) });
    }
  }
  return { name, shape, type, data: pieces };
}

/** @throws UsageError when rows do not fill whole blocks */
export function inputByteLength({ name, shape, type }: TensorInput): number {
  const { blockSize } = storage[type];
  const rowLength = shape.at(-1) ?? 1;
  const byteLength = storageBytes(type, elementCount(shape));
  if (rowLength % blockSize !== 0 || byteLength === undefined) {
    throw new UsageError(
      `tensor ${quote(name)} of shape ${showShape(shape)} cannot be written as ${type}: its rows must be multiples of ${blockSize}`,
    );
  }
  return byteLength;
}

/** The bytes of a tensor. @throws UsageError when they are more or fewer than its shape and type say */
export async function* inputChunks(tensor: TensorInput): AsyncGenerator<Uint8Array> {
  const expected = inputByteLength(tensor);
  const { data, name } = tensor;
  let done = 0;
  for await (const chunk of typeof data === "function" ? data() : [data]) {
    done += chunk.length;
    if (done > expected) break;
    yield chunk;
  }
  if (done !== expected) {
    throw new UsageError(
      `tensor ${quote(name)}: ${done > expected ? "more than" : `only ${done} of`} ${expected} bytes came for ${tensor.type} ${showShape(tensor.shape)}`,
    );
  }
}

/** @throws UsageError for two tensors of one name */
export function refuseDuplicates(tensors: readonly TensorInput[]): void {
  const names = new Set<string>();
  for (const { name } of tensors) {
    if (names.has(name)) throw new UsageError(`two tensors are named ${quote(name)}`);
    names.add(name);
  }
}
