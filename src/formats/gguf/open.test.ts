import { describe, expect, it } from "vitest";
import { goldenPath, readGolden } from "../../../test/goldens.ts";
import { storage } from "../../tensor/dtype.ts";
import type { GgufValue } from "./metadata.ts";
import { type GgufFile, openGguf } from "./open.ts";

const folder = "quant/gguf";

/** What the golden writes for a value: 64-bit integers as decimal strings. */
function asGolden(type: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => asGolden(type, element?.value ?? element));
  return /U?INT64/.test(type) ? String(value) : value;
}

function goldenType(entry: GgufValue): string {
  return entry.type === "array" ? `ARRAY<${entry.of.toUpperCase()}>` : entry.type.toUpperCase();
}

interface Golden {
  file: string;
  version: number;
  alignment: number;
  metadata: Record<string, { type: string; value: unknown }>;
  tensors: Record<string, { type: string; dims_in_file_order: number[]; n_bytes: number; data: string }>;
}

describe.each<Golden>(readGolden(`${folder}/expected.json`).files)("$file", (golden) => {
  async function open(): Promise<GgufFile> {
    return openGguf(goldenPath(`${folder}/${golden.file}`) as string);
  }

  it("has the metadata that gguf-py wrote", async () => {
    const gguf = await open();
    expect(gguf.version).toBe(golden.version);
    expect(gguf.alignment).toBe(golden.alignment);
    expect([...gguf.metadata.keys()]).toEqual(Object.keys(golden.metadata));
    for (const [key, entry] of gguf.metadata) {
      const { type, value } = golden.metadata[key];
      expect(goldenType(entry), key).toBe(type);
      expect(asGolden(type, entry.value), key).toEqual(value);
    }
    await gguf.close();
  });

  it("has every tensor, byte for byte, whole and in pieces", async () => {
    const gguf = await open();
    expect([...gguf.tensors.keys()]).toEqual(Object.keys(golden.tensors));
    for (const [name, tensor] of gguf.tensors) {
      const { type, dims_in_file_order, n_bytes, data } = golden.tensors[name];
      expect(tensor).toMatchObject({ name, type, shape: dims_in_file_order.toReversed(), byteLength: n_bytes });
      const bytes = new Uint8Array(Buffer.from(data, "base64"));
      expect(await tensor.read()).toEqual(bytes);
      expect(await tensor.read({ offset: 3, length: 7 })).toEqual(bytes.slice(3, 10));
    }
    await gguf.close();
  });
});

it("knows every storage type that ggml has", async () => {
  const gguf = await openGguf(goldenPath(`${folder}/zoo.gguf`) as string);
  const seen = new Set([...gguf.tensors.values()].map((tensor) => tensor.type));
  const notInGgml = ["F8_E4M3", "F8_E5M2", "U64", "U32", "U16", "U8", "BOOL"];
  const absent = Object.keys(storage).filter((type) => !seen.has(type as never));
  expect(absent.filter((type) => !notInGgml.includes(type))).toEqual([]);
  await gguf.close();
});

interface ModelCase {
  files: string[];
  tensor_types: Record<string, number>;
}

describe.each<ModelCase>(readGolden("quant/models/expected.json").cases)("$files", ({ files, tensor_types }) => {
  const path = goldenPath(`quant/models/${files[0]}`);

  it.skipIf(!path)("has the tensor types that its quantiser chose", async () => {
    const gguf = await openGguf(path as string);
    const counts: Record<string, number> = {};
    for (const { type } of gguf.tensors.values()) counts[type] = (counts[type] ?? 0) + 1;
    expect(counts).toEqual(tensor_types);
    await gguf.close();
  });
});
