// Q8_0 of ggml: 32 signed bytes and one scale. 34 bytes: scale f16, 32 bytes of q; x = scale * q.
// Source of layout and rounding: ggml-quants.c.
import type { BlockFormat } from "./block-format.ts";
import { inverse, peak, roundAway } from "./block-scale.ts";
import { readF16, writeF16 } from "./f16.ts";

export const q8_0: BlockFormat = {
  dequantize(blocks, out) {
    const signed = new Int8Array(blocks.buffer, blocks.byteOffset, blocks.byteLength);
    for (let at = 0, o = 0; o < out.length; at += 34, o += 32) {
      const scale = readF16(blocks, at);
      for (let j = 0; j < 32; j++) out[o + j] = scale * signed[at + 2 + j];
    }
  },

  quantize(values, out) {
    for (let at = 0, v = 0; v < values.length; at += 34, v += 32) {
      const scale = Math.fround(Math.abs(peak(values, v, 32)) / 127);
      const perScale = inverse(scale);
      writeF16(out, at, scale);
      for (let j = 0; j < 32; j++) out[at + 2 + j] = roundAway(Math.fround(values[v + j] * perScale));
    }
  },
};
