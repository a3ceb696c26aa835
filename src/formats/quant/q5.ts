// Q5_0 and Q5_1 of ggml: 32 values of 5 bits. The low 4 bits lie as in Q4_0, bit j of a 32-bit word is the fifth bit of value j.
//   Q5_0: x = scale * (q - 16)   22 bytes: scale f16, 4 bytes of fifth bits, 16 bytes of low bits
//   Q5_1: x = scale * q + min    24 bytes: scale f16, min f16, the same
// Source of layout and rounding: ggml-quants.c.
import type { BlockFormat } from "./block-format.ts";
import { inverse, peak, range } from "./block-scale.ts";
import { readF16, writeF16 } from "./f16.ts";
import { readBits32 } from "./little-endian.ts";

const { fround, min } = Math;

export const q5_0: BlockFormat = {
  dequantize(blocks, out) {
    for (let at = 0, o = 0; o < out.length; at += 22, o += 32) {
      const scale = readF16(blocks, at);
      const fifths = readBits32(blocks, at + 2);
      for (let j = 0; j < 16; j++) {
        const pair = blocks[at + 6 + j];
        out[o + j] = scale * (((pair & 15) | (((fifths >> j) & 1) << 4)) - 16);
        out[o + j + 16] = scale * (((pair >> 4) | (((fifths >> (j + 16)) & 1) << 4)) - 16);
      }
    }
  },

  quantize(values, out) {
    for (let at = 0, v = 0; v < values.length; at += 22, v += 32) {
      const scale = fround(peak(values, v, 32) / -16);
      const perScale = inverse(scale);
      writeF16(out, at, scale);
      packCodes(out, at + 2, (j) => fround(fround(values[v + j] * perScale) + 16.5));
    }
  },
};

export const q5_1: BlockFormat = {
  dequantize(blocks, out) {
    for (let at = 0, o = 0; o < out.length; at += 24, o += 32) {
      const scale = readF16(blocks, at);
      const lowest = readF16(blocks, at + 2);
      const fifths = readBits32(blocks, at + 4);
      for (let j = 0; j < 16; j++) {
        const pair = blocks[at + 8 + j];
        out[o + j] = scale * ((pair & 15) | (((fifths >> j) & 1) << 4)) + lowest;
        out[o + j + 16] = scale * ((pair >> 4) | (((fifths >> (j + 16)) & 1) << 4)) + lowest;
      }
    }
  },

  quantize(values, out) {
    for (let at = 0, v = 0; v < values.length; at += 24, v += 32) {
      const { lowest, scale } = range(values, v, 31);
      const perScale = inverse(scale);
      writeF16(out, at, scale);
      writeF16(out, at + 2, lowest);
      packCodes(out, at + 4, (j) => fround(fround(fround(values[v + j] - lowest) * perScale) + 0.5));
    }
  },
};

/** Writes 32 codes, cut to whole numbers and to 31 at most: their fifth bits, then their low bits. */
function packCodes(out: Uint8Array, at: number, codeOf: (j: number) => number): void {
  for (let j = 0; j < 32; j++) {
    const code = min(31, codeOf(j) | 0);
    out[at + (j >> 3)] |= (code >> 4) << (j & 7);
    out[at + 4 + (j & 15)] |= (code & 15) << (j < 16 ? 0 : 4);
  }
}
