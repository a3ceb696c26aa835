// Each limit has a file that reaches for more. The files claim to be a terabyte, so that only the limit can stop the reader, and hold zeros after
// what is written here.
import { expect, it } from "vitest";
import { FormatError } from "../errors.ts";
import { ByteWriter } from "./byte-writer.ts";
import { openGguf } from "./gguf/open.ts";
import {
  maxGgufArrayDepth,
  maxGgufHeaderBytes,
  maxGgufNameBytes,
  maxGgufValues,
  maxSafetensorsHeaderBytes,
  maxShards,
  maxTensors,
} from "./limits.ts";
import { openSafetensors } from "./safetensors/open.ts";
import type { ByteSource } from "./source.ts";

const terabyte = 2 ** 40;

/** `bytes`, then zeros; counts what is read. */
function endless(bytes: Uint8Array, name = "endless"): ByteSource & { bytesRead: number } {
  return {
    name,
    size: terabyte,
    bytesRead: 0,
    async read(offset, length) {
      this.bytesRead += length;
      const piece = new Uint8Array(length);
      piece.set(bytes.subarray(offset, offset + length));
      return piece;
    },
    sibling: () => Promise.reject(new Error("no neighbours here")),
    close: async () => {},
  };
}

type Part = number | bigint | string;

/** Numbers are written as 32 bits, bigints as 64, strings with their length. */
function gguf(tensorCount: bigint, entryCount: bigint, ...parts: Part[]): Uint8Array {
  const writer = new ByteWriter();
  const write = (part: Part): void => {
    if (typeof part === "number") writer.uint32(part);
    else if (typeof part === "bigint") writer.uint64(part);
    else
      for (const piece of [BigInt(part.length), new TextEncoder().encode(part)])
        typeof piece === "bigint" ? writer.uint64(piece) : writer.bytes(piece);
  };
  for (const part of [0x46554747, 3, tensorCount, entryCount, ...parts]) write(part);
  return writer.finish();
}

const uint8 = 0;
const uint32 = 4;
const string = 8;
const array = 9;

it.each<[string, Uint8Array, string]>([
  ["tensors", gguf(BigInt(maxTensors) + 1n, 0n), `the number of tensors is ${maxTensors + 1}, at most ${maxTensors} are read`],
  ["metadata entries", gguf(0n, BigInt(maxGgufValues) + 1n), `at most ${maxGgufValues} are read`],
  ["a key", gguf(0n, 1n, BigInt(maxGgufNameBytes) + 1n), `has ${maxGgufNameBytes + 1} bytes, at most ${maxGgufNameBytes} are allowed`],
  ["a string", gguf(0n, 1n, "key", string, BigInt(maxGgufHeaderBytes)), `at most ${maxGgufHeaderBytes} are read`],
  ["an array", gguf(0n, 1n, "key", array, uint8, BigInt(maxGgufValues)), `more than ${maxGgufValues} values`],
  [
    "two arrays",
    gguf(0n, 2n, "a", array, uint32, 1n, 7, "b", array, uint8, BigInt(maxGgufValues - 2)),
    `more than ${maxGgufValues} values`,
  ],
  ["nested arrays", gguf(0n, 1n, "key", array, ...Array(20).fill([array, 1n]).flat()), `more than ${maxGgufArrayDepth} deep`],
])("too large: %s", async (_, bytes, message) => {
  const source = endless(bytes);
  await expect(openGguf(source)).rejects.toThrow(FormatError);
  await expect(openGguf(source)).rejects.toThrow(message);
  expect(source.bytesRead).toBeLessThan(2 * 2 * maxGgufHeaderBytes);
});

it("too long: a safetensors header", async () => {
  const writer = new ByteWriter();
  writer.uint64(maxSafetensorsHeaderBytes + 1);
  const source = endless(writer.finish());
  await expect(openSafetensors(source)).rejects.toThrow(`at most ${maxSafetensorsHeaderBytes} are read`);
  expect(source.bytesRead).toBe(8);
});

it("too long or too many: an index and its shards", async () => {
  await expect(openSafetensors(endless(new Uint8Array(0), "index.json"))).rejects.toThrow(FormatError);
  const weightMap = Object.fromEntries(Array.from({ length: maxShards + 1 }, (_, i) => [`t${i}`, `s${i}`]));
  const index = new File([JSON.stringify({ weight_map: weightMap })], "model.safetensors.index.json");
  await expect(openSafetensors(index)).rejects.toThrow(`names ${maxShards + 1} files, at most ${maxShards} are read`);
});
