// The IQ1 formats of ggml: 256 values, eight at a time a row of -1, 0 and 1, shifted by an eighth up or down;
//   x = scale * (2 s + 1) * (entry +- 1/8), s of 3 bits
//   IQ1_S     50 bytes: scale f16, 32 row numbers, 8 words, each for 32 values: upper bits of four row numbers, s, direction of the shift
//   IQ1_M     56 bytes: 32 row numbers, 16 bytes with the upper bits and the direction for two rows each, 4 words of four s (one for 16
//             values), whose top nibbles are together the scale, a half
// Source: ggml-quants.c.
import type { BlockFormat } from "./block-format.ts";
import { iq1s } from "./codebooks.ts";
import { f16ToF32, readF16 } from "./f16.ts";
import type { Grid } from "./iq-grid.ts";
import { readU16 } from "./little-endian.ts";

export const iq1_s: BlockFormat = {
  dequantize(blocks, out) {
    const grid = iq1s();
    for (let at = 0, o = 0; o < out.length; at += 50, o += 256) {
      const scale = readF16(blocks, at);
      for (let k = 0; k < 32; k++) {
        const word = readU16(blocks, at + 34 + 2 * (k >> 2));
        const upper = (word >> (3 * (k & 3))) & 7;
        const step = scale * (2 * ((word >> 12) & 7) + 1);
        placeShifted(out, o + 8 * k, grid, blocks[at + 2 + k] | (upper << 8), step, word & 0x8000 ? -0.125 : 0.125);
      }
    }
  },
};

export const iq1_m: BlockFormat = {
  dequantize(blocks, out) {
    const grid = iq1s();
    for (let at = 0, o = 0; o < out.length; at += 56, o += 256) {
      let half = 0;
      for (let i = 0; i < 4; i++) half |= (readU16(blocks, at + 48 + 2 * i) >> 12) << (4 * i);
      const scale = f16ToF32(half);
      for (let k = 0; k < 32; k++) {
        const upper = blocks[at + 32 + (k >> 1)] >> (4 * (k & 1));
        const s = (readU16(blocks, at + 48 + 2 * (k >> 3)) >> (3 * ((k >> 1) & 3))) & 7;
        placeShifted(out, o + 8 * k, grid, blocks[at + k] | ((upper & 7) << 8), scale * (2 * s + 1), upper & 8 ? -0.125 : 0.125);
      }
    }
  },
};

function placeShifted(out: Float32Array, at: number, grid: Grid, row: number, step: number, shift: number): void {
  for (let j = 0; j < 8; j++) out[at + j] = step * (grid.entries[8 * row + j] + shift);
}
