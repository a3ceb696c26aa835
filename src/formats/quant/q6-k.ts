// Q6_K of ggml: 256 values of 6 bits in 16 groups of 16, each with a signed 8-bit scale.
//   x = scale * s * (q - 32)    210 bytes: 128 bytes of low nibbles, 64 bytes of upper bit pairs, 16 bytes of s, scale f16
// Each half of 128 values has 64 bytes of nibbles (runs 0 and 1 of 32 in the low half, 2 and 3 in the high half) and 32 of pairs.
// Source: ggml-quants.c.
import type { BlockFormat } from "./block-format.ts";
import { readF16 } from "./f16.ts";

export const q6_k: BlockFormat = {
  dequantize(blocks, out) {
    const signed = new Int8Array(blocks.buffer, blocks.byteOffset, blocks.byteLength);
    for (let at = 0, o = 0; o < out.length; at += 210, o += 256) {
      const scale = readF16(blocks, at + 208);
      for (let group = 0; group < 16; group++) {
        const step = scale * signed[at + 192 + group];
        const half = group >> 3;
        const run = (group >> 1) & 3;
        const lows = at + 64 * half + 32 * (run & 1) + 16 * (group & 1);
        const highs = at + 128 + 32 * half + 16 * (group & 1);
        const lowShift = 4 * (run >> 1);
        const highShift = 2 * run;
        for (let j = 0; j < 16; j++) {
          const code = ((blocks[lows + j] >> lowShift) & 15) | (((blocks[highs + j] >> highShift) & 3) << 4);
          out[o + 16 * group + j] = step * (code - 32);
        }
      }
    }
  },
};
