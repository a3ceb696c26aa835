// Every block format against gguf.quants and ggml (goldens/quant/blocks): the same values, the same bytes, the same products.
import { describe, expect, it } from "vitest";
import { goldenPath, readGolden } from "../../../test/goldens.ts";
import type { StorageType } from "../../tensor/dtype.ts";
import { dequantize, quantizable, quantize } from "./index.ts";

const types: StorageType[] = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q8_0"];

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));
const base64Of = (data: Uint8Array | Float32Array): string => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
const floatsOf = (base64: string): Float32Array => new Float32Array(bytesOf(base64).buffer);

describe.each(types)("%s", (type) => {
  const name = `quant/blocks/${type}.json`;
  const known = goldenPath(name) !== undefined;
  const golden = known && readGolden(name);

  it.skipIf(!known)("widens to the bits that ggml gives", () => {
    const values = dequantize(type, bytesOf(golden.data), golden.n_blocks * golden.block_size);
    expect(Array.from(values.subarray(0, 8))).toEqual(golden.first_values);
    expect(base64Of(values)).toBe(golden.values_f32);
  });

  it.skipIf(!known)("widens bytes that begin at an odd address", () => {
    const data = bytesOf(golden.data);
    const shifted = new Uint8Array(data.length + 3);
    shifted.set(data, 1);
    expect(base64Of(dequantize(type, shifted.subarray(1, data.length + 1)))).toBe(golden.values_f32);
  });

  it.skipIf(!known)("multiplies a vector", () => {
    const { rows, cols, weights, x_f32, y, y_scale } = golden.matvec;
    const w = dequantize(type, bytesOf(weights), rows * cols);
    const x = floatsOf(x_f32);
    for (let row = 0; row < rows; row++) {
      const product = x.reduce((sum, xi, i) => sum + xi * w[row * cols + i], 0);
      expect([product]).toBeWithin(1e-12 * y_scale[row], [y[row]]);
    }
  });

  it.skipIf(!known || !quantizable.includes(type))("packs values into the bytes that ggml writes", () => {
    for (const { kind, input_f32, bytes } of golden.quantise ?? []) expect(base64Of(quantize(type, floatsOf(input_f32))), kind).toBe(bytes);
  });
});
