// TQ1_0 and TQ2_0 of ggml: 256 values that are -1, 0 or 1 times one f16 scale, for BitNet-like models. Both write and read digits 0, 1, 2.
//   TQ1_0    54 bytes: 52 bytes of five digits (the last four bytes of four) as fractions in base 3, scale f16
//   TQ2_0    66 bytes: 64 bytes of four digits, 2 bits each, scale f16
// Source: ggml-quants.c; the base-3 packing is explained at https://compilade.net/blog/ternary-packing.
import type { BlockFormat } from "./block-format.ts";
import { inverse, peak, roundAway } from "./block-scale.ts";
import { readF16, writeF16 } from "./f16.ts";

/** Digit d of byte `first + j` is value `value + stride * d + j`, for each of `stride` bytes. */
const tq1Runs = [
  { first: 0, value: 0, stride: 32, digits: 5 },
  { first: 32, value: 160, stride: 16, digits: 5 },
  { first: 48, value: 240, stride: 4, digits: 4 },
];

export const tq1_0: BlockFormat = {
  dequantize(blocks, out) {
    for (let at = 0, o = 0; o < out.length; at += 54, o += 256) {
      const scale = readF16(blocks, at + 52);
      for (const { first, value, stride, digits } of tq1Runs) {
        for (let j = 0; j < stride; j++) {
          // A byte is the fraction 0.d0 d1 d2 d3 d4 (base 3) times 256: times 3, the integer part is the next digit.
          let fraction = blocks[at + first + j];
          for (let d = 0; d < digits; d++) {
            out[o + value + stride * d + j] = scale * (((fraction * 3) >> 8) - 1);
            fraction = (fraction * 3) & 255;
          }
        }
      }
    }
  },

  quantize(values, out) {
    for (let at = 0, v = 0; v < values.length; at += 54, v += 256) {
      const { scale, digit } = ternary(values, v);
      for (const { first, value, stride, digits } of tq1Runs) {
        for (let j = 0; j < stride; j++) {
          let number = 0;
          for (let d = 0; d < 5; d++) number = 3 * number + (d < digits ? digit(value + stride * d + j) : 0);
          out[at + first + j] = Math.ceil((number * 256) / 243); // up, so that cutting off while reading gives the digits back
        }
      }
      writeF16(out, at + 52, scale);
    }
  },
};

export const tq2_0: BlockFormat = {
  dequantize(blocks, out) {
    for (let at = 0, o = 0; o < out.length; at += 66, o += 256) {
      const scale = readF16(blocks, at + 64);
      for (let run = 0; run < 8; run++) {
        const codes = at + 32 * (run >> 2);
        const shift = 2 * (run & 3);
        for (let j = 0; j < 32; j++) out[o + 32 * run + j] = scale * (((blocks[codes + j] >> shift) & 3) - 1);
      }
    }
  },

  quantize(values, out) {
    for (let at = 0, v = 0; v < values.length; at += 66, v += 256) {
      const { scale, digit } = ternary(values, v);
      for (let i = 0; i < 256; i++) out[at + 32 * (i >> 7) + (i & 31)] |= digit(i) << (2 * ((i >> 5) & 3));
      writeF16(out, at + 64, scale);
    }
  },
};

/** The scale of a block, and the digit of its value i. */
function ternary(values: Float32Array, from: number): { scale: number; digit: (i: number) => number } {
  const scale = Math.abs(peak(values, from, 256));
  const perScale = inverse(scale);
  return { scale, digit: (i) => roundAway(Math.fround(values[from + i] * perScale)) + 1 };
}
