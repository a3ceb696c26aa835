// Q4_K and Q5_K of ggml: 256 values of 4 or 5 bits in 8 groups of 32, each with a 6-bit scale and a 6-bit minimum.
//   x = scale * s * q - minScale * m
//   Q4_K    144 bytes: scale f16, minScale f16, 12 bytes of s and m, 128 bytes of q: 32 bytes for two groups, low and high half
//   Q5_K    176 bytes: the same with 32 bytes of fifth bits before q; bit g of such a byte belongs to group g
// Source: ggml-quants.c.
import type { BlockFormat } from "./block-format.ts";
import { readF16 } from "./f16.ts";

export const q4_k: BlockFormat = {
  dequantize(blocks, out) {
    for (let at = 0, o = 0; o < out.length; at += 144, o += 256) {
      const scale = readF16(blocks, at);
      const minScale = readF16(blocks, at + 2);
      for (let group = 0; group < 8; group++) {
        const step = scale * groupScale(blocks, at + 4, group);
        const lowest = minScale * groupMin(blocks, at + 4, group);
        const codes = at + 16 + 32 * (group >> 1);
        const shift = 4 * (group & 1);
        for (let j = 0; j < 32; j++) out[o + 32 * group + j] = step * ((blocks[codes + j] >> shift) & 15) - lowest;
      }
    }
  },
};

export const q5_k: BlockFormat = {
  dequantize(blocks, out) {
    for (let at = 0, o = 0; o < out.length; at += 176, o += 256) {
      const scale = readF16(blocks, at);
      const minScale = readF16(blocks, at + 2);
      for (let group = 0; group < 8; group++) {
        const step = scale * groupScale(blocks, at + 4, group);
        const lowest = minScale * groupMin(blocks, at + 4, group);
        const fifths = at + 16;
        const codes = at + 48 + 32 * (group >> 1);
        const shift = 4 * (group & 1);
        for (let j = 0; j < 32; j++) {
          const code = ((blocks[codes + j] >> shift) & 15) | (((blocks[fifths + j] >> group) & 1) << 4);
          out[o + 32 * group + j] = step * code - lowest;
        }
      }
    }
  },
};

// 8 scales and 8 minima of 6 bits in 12 bytes. Bytes 0-3 hold scales 0-3 and, in their top two bits, the upper bits of scales 4-7;
// bytes 4-7 the same for minima; bytes 8-11 the low nibbles of scales 4-7 (low half) and of minima 4-7 (high half).

function groupScale(blocks: Uint8Array, at: number, group: number): number {
  return group < 4 ? blocks[at + group] & 63 : (blocks[at + 4 + group] & 15) | ((blocks[at + group - 4] >> 6) << 4);
}

function groupMin(blocks: Uint8Array, at: number, group: number): number {
  return group < 4 ? blocks[at + 4 + group] & 63 : (blocks[at + 4 + group] >> 4) | ((blocks[at + group] >> 6) << 4);
}
