// The IQ2 formats of ggml: 256 values, eight at a time a row of a code book times signs; x = scale * (s + 1/2) / 4 * sign * entry, s of 4 bits.
//   IQ2_XXS   66 bytes: scale f16, then for each 32 values four row numbers and a word of four 7-bit signs and s
//   IQ2_XS    74 bytes: scale f16, 32 words of row number (9 bits) and signs (7), s for each 16 values
//   IQ2_S     82 bytes: scale f16, 32 bytes of row numbers, 32 of signs, 8 of upper bits of row numbers, s for each 16 values
// Source: ggml-quants.c.
import type { BlockFormat } from "./block-format.ts";
import { iq2s, iq2xs, iq2xxs } from "./codebooks.ts";
import { readF16 } from "./f16.ts";
import { evenSigns, placeRow } from "./iq-grid.ts";
import { readBits32, readU16 } from "./little-endian.ts";

export const iq2_xxs: BlockFormat = {
  dequantize(blocks, out) {
    const grid = iq2xxs();
    for (let at = 0, o = 0; o < out.length; at += 66, o += 256) {
      const scale = readF16(blocks, at);
      for (let group = 0; group < 8; group++) {
        const rows = at + 2 + 8 * group;
        const word = readBits32(blocks, rows + 4);
        const step = scale * ((word >>> 28) + 0.5) * 0.25;
        for (let k = 0; k < 4; k++) {
          placeRow(out, o + 32 * group + 8 * k, grid, blocks[rows + k], step, evenSigns((word >> (7 * k)) & 127));
        }
      }
    }
  },
};

export const iq2_xs: BlockFormat = {
  dequantize(blocks, out) {
    const grid = iq2xs();
    for (let at = 0, o = 0; o < out.length; at += 74, o += 256) {
      const scale = readF16(blocks, at);
      for (let k = 0; k < 32; k++) {
        const word = readU16(blocks, at + 2 + 2 * k);
        placeRow(out, o + 8 * k, grid, word & 511, iq2Step(scale, blocks, at + 66, k), evenSigns(word >> 9));
      }
    }
  },
};

export const iq2_s: BlockFormat = {
  dequantize(blocks, out) {
    const grid = iq2s();
    for (let at = 0, o = 0; o < out.length; at += 82, o += 256) {
      const scale = readF16(blocks, at);
      for (let k = 0; k < 32; k++) {
        const upper = (blocks[at + 66 + (k >> 2)] >> (2 * (k & 3))) & 3;
        placeRow(out, o + 8 * k, grid, blocks[at + 2 + k] | (upper << 8), iq2Step(scale, blocks, at + 74, k), blocks[at + 34 + k]);
      }
    }
  },
};

/** Step of row k, where a byte from `at` on holds s for four rows: two in its low half, two in its high half. */
function iq2Step(scale: number, blocks: Uint8Array, at: number, k: number): number {
  const s = (blocks[at + (k >> 2)] >> (2 * (k & 2))) & 15;
  return scale * (s + 0.5) * 0.25;
}
