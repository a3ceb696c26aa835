// Q2_K of ggml: 256 values of 2 bits in 16 groups of 16, each with a 4-bit scale and a 4-bit minimum.
//   x = scale * s * q - minScale * m    84 bytes: 16 bytes (s low, m high), 64 bytes of q, scale f16, minScale f16
// A byte of q serves one value in each of four runs of 32. Source: ggml-quants.c.
import type { BlockFormat } from "./block-format.ts";
import { readF16 } from "./f16.ts";

export const q2_k: BlockFormat = {
  dequantize(blocks, out) {
    for (let at = 0, o = 0; o < out.length; at += 84, o += 256) {
      const scale = readF16(blocks, at + 80);
      const minScale = readF16(blocks, at + 82);
      for (let group = 0; group < 16; group++) {
        const packed = blocks[at + group];
        const step = scale * (packed & 15);
        const lowest = minScale * (packed >> 4);
        const codes = at + 16 + 32 * (group >> 3) + 16 * (group & 1);
        const shift = group & 6;
        for (let j = 0; j < 16; j++) out[o + 16 * group + j] = step * ((blocks[codes + j] >> shift) & 3) - lowest;
      }
    }
  },
};
