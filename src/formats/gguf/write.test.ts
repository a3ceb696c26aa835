import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { goldenPath } from "../../../test/goldens.ts";
import { UnsupportedError, UsageError } from "../../errors.ts";
import { collectBytes } from "../byte-writer.ts";
import { fromStored, type TensorInput } from "../tensor-input.ts";
import type { GgufValue } from "./metadata.ts";
import { openGguf } from "./open.ts";
import { writeGguf } from "./write.ts";

function write(metadata: Record<string, GgufValue>, tensors: TensorInput[] = []): Promise<Uint8Array<ArrayBuffer>> {
  return collectBytes(writeGguf({ metadata: new Map(Object.entries(metadata)), tensors }));
}

const ramp = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);

it.each(["zoo.gguf", "zoo-nested.gguf"])("%s is written as gguf-py wrote it, byte for byte", async (name) => {
  const path = goldenPath(`quant/gguf/${name}`) as string;
  const gguf = await openGguf(path);
  const written = await collectBytes(writeGguf({ metadata: gguf.metadata, tensors: [...gguf.tensors.values()].map(fromStored) }));
  expect(Buffer.compare(written, await readFile(path))).toBe(0);
  await gguf.close();
});

it.each([8, 32, 4096])("tensors start at multiples of %i bytes", async (alignment) => {
  const tensors: TensorInput[] = [
    { name: "a", shape: [3], type: "I8", data: ramp(3) },
    { name: "b", shape: [2, 5], type: "F16", data: ramp(20) },
    { name: "c", shape: [0, 4], type: "F32", data: ramp(0) },
    { name: "d", shape: [], type: "F64", data: ramp(8) },
  ];
  const file = await write({ "general.alignment": { type: "uint32", value: alignment } }, tensors);
  expect(file.length % alignment).toBe(0);
  const gguf = await openGguf(new Blob([file]));
  expect(gguf.alignment).toBe(alignment);
  for (const { name, shape, data } of tensors) {
    expect(gguf.tensors.get(name)?.shape).toEqual(shape);
    expect(await gguf.tensors.get(name)?.read()).toEqual(data);
  }
});

it("64-bit integers stay exact on both sides of 2^53", async () => {
  const values = [0, 2 ** 53 - 1, 2n ** 53n, 2n ** 64n - 1n];
  const negative = [-(2 ** 53 - 1), -(2n ** 53n), -(2n ** 63n)];
  const file = await write({ u: { type: "array", of: "uint64", value: values }, i: { type: "array", of: "int64", value: negative } });
  const gguf = await openGguf(new Blob([file]));
  expect(gguf.metadata.get("u")?.value).toEqual(values);
  expect(gguf.metadata.get("i")?.value).toEqual(negative);
});

describe("what cannot be written is refused", () => {
  const wrong: [string, GgufValue][] = [
    ["256 cannot be written as uint8", { type: "uint8", value: 256 }],
    ["-1 cannot be written as uint64", { type: "uint64", value: -1 }],
    ["0.5 cannot be written as int32", { type: "int32", value: 0.5 }],
    ["text cannot be written as float32", { type: "float32", value: "text" } as unknown as GgufValue],
    ["1 cannot be written as string", { type: "array", of: "string", value: [1] }],
    ["1 cannot be written as array", { type: "array", of: "array", value: [1] }],
  ];
  it.each(wrong)("%s", async (message, value) => {
    await expect(write({ "some.key": value })).rejects.toThrow(new UsageError(`metadata key "some.key": ${message}`));
  });

  const bytes = ramp(16);
  it.each<[string, TensorInput[]]>([
    ["only 16 of 20 bytes came", [{ name: "x", shape: [5], type: "F32", data: bytes }]],
    ["more than 12 bytes came", [{ name: "x", shape: [3], type: "F32", data: bytes }]],
    ["its rows must be multiples of 32", [{ name: "x", shape: [4, 8], type: "Q8_0", data: bytes }]],
    [
      'two tensors are named "x"',
      [
        { name: "x", shape: [4], type: "F32", data: bytes },
        { name: "x", shape: [4], type: "F32", data: bytes },
      ],
    ],
  ])("%s", async (message, tensors) => {
    await expect(write({}, tensors)).rejects.toThrow(UsageError);
    await expect(write({}, tensors)).rejects.toThrow(message);
  });

  it("types and shapes that ggml lacks", async () => {
    await expect(write({}, [{ name: "x", shape: [16], type: "F8_E4M3", data: bytes }])).rejects.toThrow(UnsupportedError);
    await expect(write({}, [{ name: "x", shape: [1, 1, 1, 1, 4], type: "F32", data: bytes }])).rejects.toThrow(UnsupportedError);
  });
});
