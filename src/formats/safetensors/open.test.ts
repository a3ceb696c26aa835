import { describe, expect, it } from "vitest";
import { goldenPath, readGolden } from "../../../test/goldens.ts";
import { FormatError, UnsupportedError } from "../../errors.ts";
import { openSafetensors, type SafetensorsFile } from "./open.ts";

const path = (name: string): string => goldenPath(`quant/${name}`) as string;

/** Values of a little-endian tensor, 64-bit integers as decimal strings; undefined for types that JavaScript has no array for. */
function values(type: string, bytes: Uint8Array): unknown[] | undefined {
  const { buffer } = bytes.slice();
  switch (type) {
    case "F64":
      return [...new Float64Array(buffer)];
    case "F32":
      return [...new Float32Array(buffer)];
    case "I64":
      return [...new BigInt64Array(buffer)].map(String);
    case "U64":
      return [...new BigUint64Array(buffer)].map(String);
    case "I32":
      return [...new Int32Array(buffer)];
    case "U32":
      return [...new Uint32Array(buffer)];
    case "I16":
      return [...new Int16Array(buffer)];
    case "U16":
      return [...new Uint16Array(buffer)];
    case "I8":
      return [...new Int8Array(buffer)];
    case "U8":
      return [...bytes];
    case "BOOL":
      return [...bytes].map(Boolean);
  }
}

describe("zoo.safetensors", () => {
  const golden = readGolden("quant/safetensors/expected.json");

  it("has the metadata and tensors that the safetensors library wrote", async () => {
    const file = await openSafetensors(path("safetensors/zoo.safetensors"));
    expect(Object.fromEntries(file.metadata)).toEqual(golden.metadata);
    expect([...file.tensors.keys()]).toEqual(Object.keys(golden.tensors));
    for (const [name, tensor] of file.tensors) {
      const { dtype, shape, data_offsets, values: expected } = golden.tensors[name];
      expect(tensor).toMatchObject({ name, shape, type: dtype, byteLength: data_offsets[1] - data_offsets[0] });
      const bytes = await tensor.read();
      expect(bytes.length).toBe(tensor.byteLength);
      const actual = values(dtype, bytes);
      if (actual) expect(actual, name).toEqual(expected);
    }
    await file.close();
  });
});

describe("hostile safetensors files", () => {
  const files = Object.values(readGolden("quant/hostile-safetensors/index.json")).find(Array.isArray) as {
    file: string;
    wrong: string;
    must: string;
  }[];

  it.each(files)("$file ($wrong): $must", async ({ file, must }) => {
    const name = path(`hostile-safetensors/${file}`);
    const result = await openSafetensors(name).catch((error: unknown) => error);
    if (!(result instanceof Error)) {
      expect(must).toMatch(/load/);
      await (result as SafetensorsFile).close();
      return;
    }
    expect(must).not.toBe("load");
    expect([FormatError, UnsupportedError]).toContain(result.constructor);
    expect(result.message).toContain(name);
    expect(result.message).toMatch(/byte \d+|key "/);
  });
});
