// Panels of packed weights widened to float32, [columns][8 rows], bit for bit as formats/quant widens the file: a value is
// scale * (code - zero), which has few enough bits to be exact, or scale * code + min, where the sum rounds.
import { halves } from "./floats";
import { BLOCK, BRAIN_FLOATS, BYTES, blockBytes, codeBytes, FLOATS, HALF_FLOATS, hasHalves, hasMins, TABLE } from "./layouts";
import { tableOf } from "./tables";

/** @param out f32 [columns][8] */
export function widenPanel(kind: i32, zero: i32, panel: usize, out: usize, columns: i32): void {
  if (kind === FLOATS) memory.copy(out, panel, (<usize>columns) << 5);
  else if (kind === HALF_FLOATS)
    for (const end = out + ((<usize>columns) << 5); out < end; out += 16, panel += 8) v128.store(out, halves(panel));
  else if (kind === BRAIN_FLOATS) {
    for (const end = out + ((<usize>columns) << 5); out < end; out += 16, panel += 8) {
      v128.store(out, i32x4.shl(v128.load_ext<u16>(panel), 16));
    }
  } else for (let i = 0; i < columns; i += BLOCK, panel += blockBytes(kind), out += 1024) widenBlock(kind, zero, panel, out);
}

/** @param out f32 [32][8] */
export function widenBlock(kind: i32, zero: i32, block: usize, out: usize): void {
  const z = f32x4.splat(<f32>zero);
  const values = kind === TABLE ? v128.load(tableOf(zero)) : i32x4.splat(0);
  const scales = block + codeBytes(kind);
  const mins = scales + (hasHalves(kind) ? 64 : 32);
  for (let chunk: usize = 0; chunk < 8; chunk++) {
    const inHalf: usize = hasHalves(kind) && chunk > 3 ? 32 : 0;
    for (let g: usize = 0; g < 32; g += 16) {
      let q: v128;
      if (kind < BYTES) {
        q = v128.load(block + ((chunk & 3) << 5) + g);
        q = v128.and(chunk < 4 ? q : i16x8.shr_u(q, 4), i8x16.splat(15));
        if (kind === TABLE) q = i8x16.swizzle(values, q);
      } else q = v128.load(block + (chunk << 5) + g);
      const columnsFirst = i8x16.shuffle(q, q, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
      const scale = v128.load(scales + inHalf + g);
      const low = i16x8.extend_low_i8x16_u(columnsFirst);
      const high = i16x8.extend_high_i8x16_u(columnsFirst);
      let v0 = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(low));
      let v1 = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(low));
      let v2 = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(high));
      let v3 = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(high));
      if (hasMins(kind)) {
        const least = v128.load(mins + inHalf + g);
        v0 = f32x4.add(f32x4.mul(v0, scale), least);
        v1 = f32x4.add(f32x4.mul(v1, scale), least);
        v2 = f32x4.add(f32x4.mul(v2, scale), least);
        v3 = f32x4.add(f32x4.mul(v3, scale), least);
      } else {
        v0 = f32x4.mul(f32x4.sub(v0, z), scale);
        v1 = f32x4.mul(f32x4.sub(v1, z), scale);
        v2 = f32x4.mul(f32x4.sub(v2, z), scale);
        v3 = f32x4.mul(f32x4.sub(v3, z), scale);
      }
      const at = out + (chunk << 7) + g;
      v128.store(at, v0);
      v128.store(at, v1, 32);
      v128.store(at, v2, 64);
      v128.store(at, v3, 96);
    }
  }
}
