// IQ4_NL and IQ4_XS of ggml: 4-bit codes into 16 uneven steps, finer near zero.
//   IQ4_NL   32 values, 18 bytes: scale f16, 16 bytes with value j in the low half and j + 16 in the high half
//   IQ4_XS  256 values, 136 bytes: scale f16, upper bit pairs of 8 group scales s, their low nibbles, then 8 groups of 32 values as above;
//           x = scale * (s - 32) * step[q]
// Source: ggml-quants.c.
import type { BlockFormat } from "./block-format.ts";
import { readF16 } from "./f16.ts";
import { readU16 } from "./little-endian.ts";

const steps = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

export const iq4_nl: BlockFormat = {
  dequantize(blocks, out) {
    for (let at = 0, o = 0; o < out.length; at += 18, o += 32) placePairs(blocks, at + 2, out, o, readF16(blocks, at));
  },
};

export const iq4_xs: BlockFormat = {
  dequantize(blocks, out) {
    for (let at = 0, o = 0; o < out.length; at += 136, o += 256) {
      const scale = readF16(blocks, at);
      const uppers = readU16(blocks, at + 2);
      for (let group = 0; group < 8; group++) {
        const low = (blocks[at + 4 + (group >> 1)] >> (4 * (group & 1))) & 15;
        const s = low | (((uppers >> (2 * group)) & 3) << 4);
        placePairs(blocks, at + 8 + 16 * group, out, o + 32 * group, scale * (s - 32));
      }
    }
  },
};

function placePairs(blocks: Uint8Array, at: number, out: Float32Array, o: number, scale: number): void {
  for (let j = 0; j < 16; j++) {
    const pair = blocks[at + j];
    out[o + j] = scale * steps[pair & 15];
    out[o + j + 16] = scale * steps[pair >> 4];
  }
}
