import { describe, expect, it } from "vitest";
import { goldenPath, readGolden } from "../../../test/goldens.ts";
import { UsageError } from "../../errors.ts";
import { openSafetensors } from "./open.ts";

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

it.each([
  ["models/llama2-gqa", "models/llama2-gqa/model.safetensors"],
  ["models/llama2-gqa-sharded", "models/llama2-gqa/model.safetensors"],
  ["models/llama2-gqa-sharded/model.safetensors.index.json", "models/llama2-gqa/model.safetensors"],
])("%s holds the tensors of %s", async (folder, single) => {
  const [a, b] = await Promise.all([openSafetensors(goldenPath(folder) as string), openSafetensors(goldenPath(single) as string)]);
  expect(new Set(a.tensors.keys())).toEqual(new Set(b.tensors.keys()));
  for (const [name, tensor] of a.tensors) expect(await tensor.read(), name).toEqual(await b.tensors.get(name)?.read());
  await Promise.all([a.close(), b.close()]);
});

describe("what is no model is a UsageError", () => {
  it.each([
    ["a folder without weights", path("blocks"), "the folder holds none of model.safetensors, model.safetensors.index.json"],
    ["a path to nothing", path("blocks") + "/absent", "no such file"],
  ])("%s", async (_, name, message) => {
    await expect(openSafetensors(name)).rejects.toThrow(UsageError);
    await expect(openSafetensors(name)).rejects.toThrow(message);
  });
});

it("an AbortSignal ends opening and reading", async () => {
  const stopped = AbortSignal.abort(new Error("enough"));
  await expect(openSafetensors(path("hostile-safetensors/ok.safetensors"), stopped)).rejects.toThrow("enough");
  const file = await openSafetensors(path("hostile-safetensors/ok.safetensors"));
  const [tensor] = file.tensors.values();
  await expect(tensor.read(undefined, stopped)).rejects.toThrow("enough");
  await file.close();
});
