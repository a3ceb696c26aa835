// Every block format against gguf.quants and ggml (goldens/quant/blocks): the same values, the same bytes, the same products.
import { describe, expect, it } from "vitest";
import { goldenPath, readGolden } from "../../../test/goldens.ts";
import { FormatError, ShapeError, UnsupportedError } from "../../errors.ts";
import { type StorageType, storage } from "../../tensor/dtype.ts";
import { dequantize, quantizable, quantize } from "./index.ts";

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));
const base64Of = (data: Uint8Array | Float32Array): string => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
const floatsOf = (base64: string): Float32Array => new Float32Array(bytesOf(base64).buffer);

const ggmlTypes = (Object.keys(storage) as StorageType[]).filter((t) => storage[t].blockSize > 1 || ["F32", "F16", "BF16"].includes(t));
const goldenOf = (type: StorageType): string => `quant/blocks/${type}.json`;

describe.each(ggmlTypes)("%s", (type) => {
  const present = goldenPath(goldenOf(type)) !== undefined;
  const golden = present && readGolden(goldenOf(type));

  it.skipIf(!present)("widens to the bits that ggml gives", () => {
    const values = dequantize(type, bytesOf(golden.data), golden.n_blocks * golden.block_size);
    expect(Array.from(values.subarray(0, 8))).toEqual(golden.first_values);
    expect(base64Of(values)).toBe(golden.values_f32);
  });

  it.skipIf(!present)("widens bytes that begin at an odd address", () => {
    const data = bytesOf(golden.data);
    const shifted = new Uint8Array(data.length + 3);
    shifted.set(data, 1);
    expect(base64Of(dequantize(type, shifted.subarray(1, data.length + 1)))).toBe(golden.values_f32);
  });

  it.skipIf(!present)("multiplies a vector", () => {
    const { rows, cols, weights, x_f32, y, y_scale } = golden.matvec;
    const w = dequantize(type, bytesOf(weights), rows * cols);
    const x = floatsOf(x_f32);
    for (let row = 0; row < rows; row++) {
      const product = x.reduce((sum, xi, i) => sum + xi * w[row * cols + i], 0);
      expect([product]).toBeWithin(1e-12 * y_scale[row], [y[row]]);
    }
  });
});

describe.each(quantizable.filter((type) => type !== "F32"))("packing into %s", (type) => {
  const present = goldenPath(goldenOf(type)) !== undefined;
  const cases: { kind: string; input_f32: string; bytes: string }[] = present ? readGolden(goldenOf(type)).quantise : [];

  it.skipIf(!present)("has cases to show", () => expect(cases.length).toBeGreaterThan(5));

  it.each(cases)("$kind: writes the bytes that ggml writes", ({ input_f32, bytes }) => {
    expect(base64Of(quantize(type, floatsOf(input_f32)))).toBe(bytes);
  });
});

it("keeps every bit of F32, also of NaN", () => {
  const patterns = Uint32Array.of(0x7f800001, 0xffc12345, 0x80000000, 1, 0x3f800000);
  const values = new Float32Array(patterns.buffer);
  expect(new Uint32Array(dequantize("F32", quantize("F32", values)).buffer)).toEqual(patterns);
});

it("writes the types that it promises", () => {
  expect(quantizable).toEqual(["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "TQ1_0", "TQ2_0", "MXFP4"]);
});

it("gives no values for no bytes, and no bytes for no values", () => {
  for (const type of Object.keys(storage) as StorageType[]) expect(dequantize(type, new Uint8Array(0), 0)).toHaveLength(0);
  for (const type of quantizable) expect(quantize(type, new Float32Array(0))).toHaveLength(0);
});

describe("refuses, with the numbers,", () => {
  it("bytes that end inside a block", () => {
    expect(() => dequantize("Q4_K", new Uint8Array(145))).toThrow(FormatError);
    expect(() => dequantize("Q4_K", new Uint8Array(145))).toThrow(/145 bytes of Q4_K .* blocks of 144 bytes \(256 values each\)/);
  });

  it("another number of values than was expected", () => {
    expect(() => dequantize("Q8_0", new Uint8Array(68), 33)).toThrow(ShapeError);
    expect(() => dequantize("Q8_0", new Uint8Array(68), 33)).toThrow("68 bytes of Q8_0 hold 64 values, 33 were expected");
  });

  it("values that do not fill a block", () => {
    expect(() => quantize("Q5_1", new Float32Array(40))).toThrow(ShapeError);
    expect(() => quantize("Q5_1", new Float32Array(40))).toThrow(/40 values .* Q5_1, which hold 32 values each/);
  });

  it("to write what it can only read", () => {
    expect(() => quantize("Q4_K", new Float32Array(256))).toThrow(UnsupportedError);
    expect(() => quantize("Q4_K", new Float32Array(256))).toThrow(/cannot write Q4_K.*Q8_0/);
  });

  it.each(["Q9_9", "toString", "__proto__"])("the type %s", (name) => {
    expect(() => dequantize(name as StorageType, new Uint8Array(4))).toThrow(UnsupportedError);
  });
});
