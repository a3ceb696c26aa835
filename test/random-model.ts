// Files of random weights, as large as a test needs them: one block of numbers again and again, from another place on in every tensor.
import { writeFile } from "node:fs/promises";
import { writeGguf } from "../src/formats/index.ts";
import { quantize } from "../src/formats/quant/index.ts";
import { inputByteLength } from "../src/formats/tensor-input.ts";
import type { ModelConfig } from "../src/model/config.ts";
import { exportGguf } from "../src/model/gguf-export.ts";
import type { StorageType } from "../src/tensor/dtype.ts";
import { storage } from "../src/tensor/dtype.ts";
import { createRng } from "../src/tensor/rng.ts";

/** A GGUF without a tokenizer. Gains are ones, and the rest small enough that what passes through many layers stays finite. */
export async function writeRandomModel(path: string, config: ModelConfig, type: StorageType): Promise<void> {
  const rng = createRng(11); // of numbers that fill no whole rows: each row of a matrix begins elsewhere among them
  const block = quantize(
    type,
    Float32Array.from({ length: 999 * 1024 }, () => 0.02 * rng.normal()),
  );
  const ones = async (_path: string, [length]: readonly number[]): Promise<Float32Array> => new Float32Array(length).fill(1);
  const { metadata, tensors } = await exportGguf(config, ones, { type });
  const { blockBytes } = storage[type];
  const repeated = async function* (byteLength: number, nonce: number): AsyncGenerator<Uint8Array> {
    let at = blockBytes * ((977 * nonce) % (block.length / blockBytes));
    for (let done = 0; done < byteLength; at = 0) {
      const piece = block.subarray(at, at + byteLength - done);
      yield piece;
      done += piece.length;
    }
  };
  const random = tensors.map((tensor, i) =>
    tensor.shape.length === 2 ? { ...tensor, data: () => repeated(inputByteLength(tensor), i) } : tensor,
  );
  await writeFile(path, writeGguf({ metadata, tensors: random }));
}
