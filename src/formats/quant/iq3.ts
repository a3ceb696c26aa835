// The IQ3 formats of ggml: 256 values, four at a time a row of a code book times signs. s has 4 bits and serves 32 values.
//   IQ3_XXS   98 bytes: scale f16, 64 row numbers, 8 words of four 7-bit signs and s;  x = scale * (s + 1/2) / 2 * sign * entry
//   IQ3_S    110 bytes: scale f16, 64 row numbers, 8 bytes of their ninth bits, 32 of signs, 4 of s;  x = scale * (2 s + 1) * sign * entry
// Source: ggml-quants.c.
import type { BlockFormat } from "./block-format.ts";
import { iq3s, iq3xxs } from "./codebooks.ts";
import { readF16 } from "./f16.ts";
import { evenSigns, placeRow } from "./iq-grid.ts";
import { readBits32 } from "./little-endian.ts";

export const iq3_xxs: BlockFormat = {
  dequantize(blocks, out) {
    const grid = iq3xxs();
    for (let at = 0, o = 0; o < out.length; at += 98, o += 256) {
      const scale = readF16(blocks, at);
      for (let group = 0; group < 8; group++) {
        const word = readBits32(blocks, at + 66 + 4 * group);
        const step = scale * ((word >>> 28) + 0.5) * 0.5;
        for (let k = 0; k < 8; k++) {
          const signs = evenSigns((word >> (7 * (k >> 1))) & 127) >> (4 * (k & 1));
          placeRow(out, o + 32 * group + 4 * k, grid, blocks[at + 2 + 8 * group + k], step, signs);
        }
      }
    }
  },
};

export const iq3_s: BlockFormat = {
  dequantize(blocks, out) {
    const grid = iq3s();
    for (let at = 0, o = 0; o < out.length; at += 110, o += 256) {
      const scale = readF16(blocks, at);
      for (let k = 0; k < 64; k++) {
        const s = (blocks[at + 106 + (k >> 4)] >> (4 * ((k >> 3) & 1))) & 15;
        const ninth = (blocks[at + 66 + (k >> 3)] >> (k & 7)) & 1;
        const signs = blocks[at + 74 + (k >> 1)] >> (4 * (k & 1));
        placeRow(out, o + 4 * k, grid, blocks[at + 2 + k] | (ninth << 8), scale * (2 * s + 1), signs);
      }
    }
  },
};
