import { describe, expect, it } from "vitest";
import { goldenPath, readGolden } from "../../../test/goldens.ts";
import { FormatError, UnsupportedError } from "../../errors.ts";
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

describe("hostile GGUF files", () => {
  const index = readGolden("quant/hostile-gguf/index.json");
  const mayLoad = /load|read/;
  const mustLoad = /^(file reader: )?load/;
  const files = Object.values(index).find(Array.isArray) as { file: string; wrong: string; must: string }[];

  it.each(files)("$file ($wrong): $must", async ({ file, must }) => {
    const path = goldenPath(`quant/hostile-gguf/${file}`) as string;
    const result = await openGguf(path).catch((error: unknown) => error);
    if (!(result instanceof Error)) {
      expect(must).toMatch(file === "arch-not-string.gguf" ? /model loader/ : mayLoad);
      await (result as GgufFile).close();
      return;
    }
    expect(must).not.toMatch(mustLoad);
    expect([FormatError, UnsupportedError]).toContain(result.constructor);
    expect(result.message).toContain(path);
    expect(result.message).toMatch(/byte \d+|key "/);
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
