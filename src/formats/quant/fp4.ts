// MXFP4 (OCP Microscaling Formats v1.0) and NVFP4: floats of 4 bits (E2M1: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives) that share a scale.
//   MXFP4    32 values, 17 bytes: a power of two (E8M0), then 16 bytes with value j in the low half and j + 16 in the high half
//   NVFP4    64 values, 36 bytes: four scales (E4M3 without sign), then for each group of 16 values 8 bytes, j low and j + 8 high
// As ggml does, the table holds doubled values and the scales are halved. Source of the layouts: ggml-quants.c.
import type { BlockFormat } from "./block-format.ts";
import { peak } from "./block-scale.ts";
import { f16ToF32 } from "./f16.ts";

const doubled = Int8Array.of(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);

export const mxfp4: BlockFormat = {
  dequantize(blocks, out) {
    for (let at = 0, o = 0; o < out.length; at += 17, o += 32) {
      const scale = halfPower(blocks[at]);
      for (let j = 0; j < 16; j++) {
        const pair = blocks[at + 1 + j];
        out[o + j] = scale * doubled[pair & 15];
        out[o + j + 16] = scale * doubled[pair >> 4];
      }
    }
  },

  quantize(values, out) {
    for (let at = 0, v = 0; v < values.length; at += 17, v += 32) {
      // The peak gets the exponent of 4 or 6. The logarithm is float32 in the reference, which shows just below powers of two.
      const highest = Math.abs(peak(values, v, 32));
      const exponent = highest === 0 ? 0 : Math.max(0, Math.floor(Math.fround(Math.log2(highest))) - 2 + 127);
      const scale = halfPower(exponent);
      out[at] = exponent;
      for (let j = 0; j < 16; j++) out[at + 1 + j] = nearest(values[v + j], scale) | (nearest(values[v + j + 16], scale) << 4);
    }
  },
};

export const nvfp4: BlockFormat = {
  dequantize(blocks, out) {
    for (let at = 0, o = 0; o < out.length; at += 36, o += 64) {
      for (let group = 0; group < 4; group++) {
        const scale = halfE4m3(blocks[at + group]);
        for (let j = 0; j < 8; j++) {
          const pair = blocks[at + 4 + 8 * group + j];
          out[o + 16 * group + j] = scale * doubled[pair & 15];
          out[o + 16 * group + j + 8] = scale * doubled[pair >> 4];
        }
      }
    }
  },
};

/** Half of an E8M0 scale 2^(e - 127). */
function halfPower(exponent: number): number {
  return 2 ** (exponent - 128);
}

/** Half of an E4M3 scale. The sign bit does not count and NaN reads as 0; a half with the same bits counts its exponent from 15 instead of 7. */
function halfE4m3(byte: number): number {
  return byte === 0x7f ? 0 : f16ToF32((byte & 0x7f) << 7) * 2 ** (15 - 7 - 1);
}

/** The code whose value is nearest to x; of equals the first. */
function nearest(x: number, scale: number): number {
  let code = 0;
  let distance = Number.POSITIVE_INFINITY;
  for (let candidate = 0; candidate < 16; candidate++) {
    const d = Math.fround(Math.abs(Math.fround(scale * doubled[candidate]) - x));
    if (d < distance) {
      code = candidate;
      distance = d;
    }
  }
  return code;
}
