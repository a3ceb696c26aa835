// Small floats and plain numbers: against the golden conversions (numpy), against arithmetic, and against a file written by safetensors.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { goldenPath, readGolden } from "../../../test/goldens.ts";
import { type StorageType, storage } from "../../tensor/dtype.ts";
import { bf16ToF32Bits, dequantize, e4m3ToF32Bits, e5m2ToF32Bits, f16ToF32Bits, f32BitsToBf16, f32BitsToF16 } from "./index.ts";

const floatOf = (bits: number): number => new Float32Array(Uint32Array.of(bits).buffer)[0];
const bitsOf = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0];

describe("halves and bfloat16", () => {
  const golden = readGolden("quant/blocks/half-conversions.json");

  it("round float32 as numpy does", () => {
    expect(golden.f32_bits.map(f32BitsToF16)).toEqual(golden.f16_bits);
    expect(golden.f32_bits.map(f32BitsToBf16)).toEqual(golden.bf16_bits);
  });

  it("widen as numpy does", () => {
    expect(golden.f16_bits.map((half: number) => f16ToF32Bits(half) >>> 0)).toEqual(golden.f16_back_f32_bits);
  });

  it("come back unchanged from float32, all 65,536 of them but signalling NaNs, which become quiet", () => {
    const all = Array.from({ length: 65536 }, (_, half) => half);
    const quiet = (half: number, infinity: number, quietBit: number): number => ((half & 0x7fff) > infinity ? half | quietBit : half);
    expect(all.map((half) => f32BitsToF16(f16ToF32Bits(half)))).toEqual(all.map((half) => quiet(half, 0x7c00, 0x200)));
    expect(all.map((half) => f32BitsToBf16(bf16ToF32Bits(half)))).toEqual(all.map((half) => quiet(half, 0x7f80, 0x40)));
  });

  it("round to the nearest, ties to even, between all neighbouring halves", () => {
    const finite = Array.from({ length: 0x7bff }, (_, half) => half);
    const middles = finite.map((half) => bitsOf((floatOf(f16ToF32Bits(half)) + floatOf(f16ToF32Bits(half + 1))) / 2));
    expect(middles.map((bits) => f32BitsToF16(bits))).toEqual(finite.map((half) => half + (half & 1)));
    expect(middles.map((bits) => f32BitsToF16(bits - 1))).toEqual(finite);
    expect(middles.map((bits) => f32BitsToF16(bits + 1))).toEqual(finite.map((half) => half + 1));
  });

  it("turn 65520 and above into infinity, and 2^-25 and below into zero", () => {
    expect(f32BitsToF16(bitsOf(65519.996))).toBe(0x7bff);
    expect(f32BitsToF16(bitsOf(-65520))).toBe(0xfc00);
    expect(f32BitsToF16(bitsOf(2 ** -25))).toBe(0);
    expect(f32BitsToF16(bitsOf(2 ** -25) + 1)).toBe(1);
  });
});

describe("8-bit floats", () => {
  // The definition: (-1)^s * 2^(e - bias) * 1.m, and without the leading one and with exponent 1 - bias where e is 0.
  const defined = (byte: number, mantissaBits: number, bias: number): number => {
    const exponent = (byte & 0x7f) >> mantissaBits;
    const fraction = (byte & ((1 << mantissaBits) - 1)) / 2 ** mantissaBits;
    const magnitude = exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
    return byte & 0x80 ? -magnitude : magnitude;
  };

  it("E4M3: 254 numbers from 2^-9 to 448 and two NaN", () => {
    for (let byte = 0; byte < 256; byte++) {
      expect(floatOf(e4m3ToF32Bits(byte))).toBe((byte & 0x7f) === 0x7f ? Number.NaN : defined(byte, 3, 7));
    }
  });

  it("E5M2: numbers from 2^-16 to 57344, infinities, NaN", () => {
    for (let byte = 0; byte < 256; byte++) {
      const special = (byte & 3) === 0 ? (byte & 0x80 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY) : Number.NaN;
      expect(floatOf(e5m2ToF32Bits(byte))).toBe((byte & 0x7c) === 0x7c ? special : defined(byte, 2, 15));
    }
  });
});

describe("a file written by the safetensors library", () => {
  const zoo = readGolden("quant/safetensors/expected.json");
  const bytes = readFileSync(goldenPath("quant/safetensors/zoo.safetensors")!);
  type Entry = { dtype: string; data_offsets: [number, number]; values: (number | string | boolean)[] };
  const known = Object.entries(zoo.tensors as Record<string, Entry>).filter(([, { dtype }]) => Object.hasOwn(storage, dtype));

  it("covers all plain types", () => {
    const seen = new Set(known.map(([, { dtype }]) => dtype));
    const plain = (Object.keys(storage) as StorageType[]).filter((type) => storage[type].blockSize === 1);
    expect(plain.filter((type) => !seen.has(type))).toEqual([]);
  });

  it.each(known)("%s has its values, rounded to float32", (_, { dtype, data_offsets, values }) => {
    const data = bytes.subarray(8 + zoo.header_length + data_offsets[0], 8 + zoo.header_length + data_offsets[1]);
    expect(dequantize(dtype as StorageType, data)).toEqual(Float32Array.from(values, Number));
  });
});
