// Q3_K of ggml: 256 values of 3 bits in 16 groups of 16, each with a 6-bit scale.
//   x = scale * (s - 32) * (q - 4)    110 bytes: 32 bytes of third bits, 64 bytes of low bits, 12 bytes of s, scale f16
// The low bits lie as in Q2_K; bit r of the third-bit byte belongs to run r of 32 values. Source: ggml-quants.c.
import type { BlockFormat } from "./block-format.ts";
import { readF16 } from "./f16.ts";

export const q3_k: BlockFormat = {
  dequantize(blocks, out) {
    for (let at = 0, o = 0; o < out.length; at += 110, o += 256) {
      const scale = readF16(blocks, at + 108);
      for (let group = 0; group < 16; group++) {
        const step = scale * (groupScale(blocks, at + 96, group) - 32);
        const thirds = at + 16 * (group & 1);
        const lows = at + 32 + 32 * (group >> 3) + 16 * (group & 1);
        const run = group >> 1;
        const shift = group & 6;
        for (let j = 0; j < 16; j++) {
          const code = ((blocks[lows + j] >> shift) & 3) | (((blocks[thirds + j] >> run) & 1) << 2);
          out[o + 16 * group + j] = step * (code - 4);
        }
      }
    }
  },
};

/** 16 scales in 12 bytes: 8 bytes of low nibbles (scales 0-7 in the low half, 8-15 in the high half), then 4 bytes of upper bit pairs. */
function groupScale(blocks: Uint8Array, at: number, group: number): number {
  const low = (blocks[at + (group & 7)] >> (group < 8 ? 0 : 4)) & 15;
  const high = (blocks[at + 8 + (group & 3)] >> (2 * (group >> 2))) & 3;
  return low | (high << 4);
}
