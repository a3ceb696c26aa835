// Q4_0 and Q4_1 of ggml: 32 values of 4 bits. A byte holds value j in its low half and value j + 16 in its high half.
//   Q4_0: x = scale * (q - 8)    18 bytes: scale f16, 16 bytes of q
//   Q4_1: x = scale * q + min    20 bytes: scale f16, min f16, 16 bytes of q
// Source of layout and rounding: ggml-quants.c. Products of an f16 and a small integer are exact in float32, so only the sum rounds.
import type { BlockFormat } from "./block-format.ts";
import { inverse, peak, range } from "./block-scale.ts";
import { readF16, writeF16 } from "./f16.ts";

const { fround, min } = Math;

export const q4_0: BlockFormat = {
  dequantize(blocks, out) {
    for (let at = 0, o = 0; o < out.length; at += 18, o += 32) {
      const scale = readF16(blocks, at);
      for (let j = 0; j < 16; j++) {
        const pair = blocks[at + 2 + j];
        out[o + j] = scale * ((pair & 15) - 8);
        out[o + j + 16] = scale * ((pair >> 4) - 8);
      }
    }
  },

  quantize(values, out) {
    for (let at = 0, v = 0; v < values.length; at += 18, v += 32) {
      // The peak maps to -8, the end of the range that has no positive counterpart.
      const scale = fround(peak(values, v, 32) / -8);
      const perScale = inverse(scale);
      const code = (x: number): number => min(15, fround(fround(x * perScale) + 8.5) | 0);
      writeF16(out, at, scale);
      for (let j = 0; j < 16; j++) out[at + 2 + j] = code(values[v + j]) | (code(values[v + j + 16]) << 4);
    }
  },
};

export const q4_1: BlockFormat = {
  dequantize(blocks, out) {
    for (let at = 0, o = 0; o < out.length; at += 20, o += 32) {
      const scale = readF16(blocks, at);
      const lowest = readF16(blocks, at + 2);
      for (let j = 0; j < 16; j++) {
        const pair = blocks[at + 4 + j];
        out[o + j] = scale * (pair & 15) + lowest;
        out[o + j + 16] = scale * (pair >> 4) + lowest;
      }
    }
  },

  quantize(values, out) {
    for (let at = 0, v = 0; v < values.length; at += 20, v += 32) {
      const { lowest, scale } = range(values, v, 15);
      const perScale = inverse(scale);
      const code = (x: number): number => min(15, fround(fround(fround(x - lowest) * perScale) + 0.5) | 0);
      writeF16(out, at, scale);
      writeF16(out, at + 2, lowest);
      for (let j = 0; j < 16; j++) out[at + 4 + j] = code(values[v + j]) | (code(values[v + j + 16]) << 4);
    }
  },
};
