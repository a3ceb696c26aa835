// Rows of every storage type that has a kernel, widened to float32 bit for bit as formats/quant does it; that folder explains the layouts.
// A value is code * step, or code * step + offset. Steps and products have few enough bits to be exact, so at most the sum rounds.

/** The number under which weights.ts knows a type. */
export function widenRow(type: i32, row: usize, out: usize, n: i32): void {
  switch (type) {
    case 0:
      memory.copy(out, row, (<usize>n) << 2);
      break;
    case 1:
      widenF16(row, out, n);
      break;
    case 2:
      widenBF16(row, out, n);
      break;
    case 3:
      for (let i = 0; i < n; i += 32, row += 18, out += 128) widenQ4_0(row, out);
      break;
    case 4:
      for (let i = 0; i < n; i += 32, row += 20, out += 128) widenQ4_1(row, out);
      break;
    case 5:
      for (let i = 0; i < n; i += 32, row += 22, out += 128) widenQ5_0(row, out);
      break;
    case 6:
      for (let i = 0; i < n; i += 32, row += 24, out += 128) widenQ5_1(row, out);
      break;
    case 7:
      for (let i = 0; i < n; i += 32, row += 34, out += 128) widenQ8_0(row, out);
      break;
    case 8:
      for (let i = 0; i < n; i += 256, row += 84, out += 1024) widenQ2_K(row, out);
      break;
    case 9:
      for (let i = 0; i < n; i += 256, row += 110, out += 1024) widenQ3_K(row, out);
      break;
    case 10:
      for (let i = 0; i < n; i += 256, row += 144, out += 1024) widenQ4_K(row, out);
      break;
    case 11:
      for (let i = 0; i < n; i += 256, row += 176, out += 1024) widenQ5_K(row, out);
      break;
    case 12:
      for (let i = 0; i < n; i += 256, row += 210, out += 1024) widenQ6_K(row, out);
      break;
    case 13:
      for (let i = 0; i < n; i += 32, row += 18, out += 128) widenPairs(iq4Steps, row + 2, half(row), out);
      break;
    case 14:
      for (let i = 0; i < n; i += 256, row += 136, out += 1024) widenIQ4_XS(row, out);
      break;
    case 15:
      for (let i = 0; i < n; i += 32, row += 17, out += 128) widenPairs(fp4Doubled, row + 1, halfPower(load<u8>(row)), out);
      break;
  }
}

// Plain floats

/** The bits of a half, moved into the place of a float's, are its value times 2^-112, denormals included. */
const HALF_TO_FLOAT: f32 = 5.192296858534828e33; // 2^112

/** The f16 at an address. */
function half(address: usize): f32 {
  const bits = <u32>load<u16>(address);
  const magnitude = bits & 0x7fff;
  const value = magnitude < 0x7c00 ? reinterpret<f32>(magnitude << 13) * HALF_TO_FLOAT : reinterpret<f32>(0x7f800000 | (magnitude << 13)); // infinity, NaN
  return bits > 0x7fff ? -value : value;
}

function widenF16(row: usize, out: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4, row += 8, out += 16) {
    const bits = v128.load_ext<u16>(row, 0); // 4 x u32 in pairs of u16
    const magnitude = v128.and(bits, i32x4.splat(0x7fff));
    const finite = f32x4.mul(i32x4.shl(magnitude, 13), f32x4.splat(HALF_TO_FLOAT));
    const special = v128.or(i32x4.shl(magnitude, 13), i32x4.splat(0x7f800000));
    const value = v128.bitselect(special, finite, i32x4.ge_s(magnitude, i32x4.splat(0x7c00)));
    v128.store(out, v128.or(value, i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16)));
  }
  for (; i < n; i++, row += 2, out += 4) store<f32>(out, half(row));
}

function widenBF16(row: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i++, row += 2, out += 4) store<u32>(out, (<u32>load<u16>(row)) << 16);
}

// From codes to floats

/** out[j] = q[j] * step + offset for 16 unsigned codes. */
function affine(q: v128, step: f32, offset: f32, out: usize): void {
  const low = i16x8.extend_low_i8x16_u(q);
  const high = i16x8.extend_high_i8x16_u(q);
  const s = f32x4.splat(step);
  const o = f32x4.splat(offset);
  v128.store(out, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(low)), s), o));
  v128.store(out, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(low)), s), o), 16);
  v128.store(out, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(high)), s), o), 32);
  v128.store(out, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(high)), s), o), 48);
}

/** out[j] = q[j] * step for 16 signed codes. */
function scaled(q: v128, step: f32, out: usize): void {
  const low = i16x8.extend_low_i8x16_s(q);
  const high = i16x8.extend_high_i8x16_s(q);
  const s = f32x4.splat(step);
  v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low)), s));
  v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low)), s), 16);
  v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high)), s), 32);
  v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high)), s), 48);
}

/** Bits [shift, shift + width) of 16 bytes, mask = 2^width - 1. Shifts 16-bit lanes: what crosses from the neighbour is masked away. */
function bits(bytes: v128, shift: i32, mask: i8): v128 {
  return v128.and(i16x8.shr_u(bytes, shift), i8x16.splat(mask));
}

// Blocks of 32

function widenQ4_0(block: usize, out: usize): void {
  const step = half(block);
  const q = v128.load(block, 2);
  scaled(i8x16.sub(bits(q, 0, 15), i8x16.splat(8)), step, out);
  scaled(i8x16.sub(bits(q, 4, 15), i8x16.splat(8)), step, out + 64);
}

function widenQ4_1(block: usize, out: usize): void {
  const step = half(block);
  const lowest = half(block + 2);
  const q = v128.load(block, 4);
  affine(bits(q, 0, 15), step, lowest, out);
  affine(bits(q, 4, 15), step, lowest, out + 64);
}

function widenQ5_0(block: usize, out: usize): void {
  const step = half(block);
  const q = v128.load(block, 6);
  const sixteen = i8x16.splat(16);
  scaled(i8x16.sub(v128.or(bits(q, 0, 15), fifthBits(block + 2)), sixteen), step, out);
  scaled(i8x16.sub(v128.or(bits(q, 4, 15), fifthBits(block + 4)), sixteen), step, out + 64);
}

function widenQ5_1(block: usize, out: usize): void {
  const step = half(block);
  const lowest = half(block + 2);
  const q = v128.load(block, 8);
  affine(v128.or(bits(q, 0, 15), fifthBits(block + 4)), step, lowest, out);
  affine(v128.or(bits(q, 4, 15), fifthBits(block + 6)), step, lowest, out + 64);
}

/** 16 where the bit of a lane is set in the two bytes at an address, 0 elsewhere. */
function fifthBits(address: usize): v128 {
  const bitOfLane = v128(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  const byteOfLane = i8x16.swizzle(v128.load16_splat(address), v128(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1));
  return v128.and(i8x16.eq(v128.and(byteOfLane, bitOfLane), bitOfLane), i8x16.splat(16));
}

function widenQ8_0(block: usize, out: usize): void {
  const step = half(block);
  scaled(v128.load(block, 2), step, out);
  scaled(v128.load(block, 18), step, out + 64);
}

const iq4Steps = v128(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);
const fp4Doubled = v128(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);

/** Nibbles are indices into a table of signed steps. */
function widenPairs(table: v128, codes: usize, step: f32, out: usize): void {
  const q = v128.load(codes);
  scaled(i8x16.swizzle(table, bits(q, 0, 15)), step, out);
  scaled(i8x16.swizzle(table, bits(q, 4, 15)), step, out + 64);
}

/** Half of an E8M0 scale: 2^(e - 128); the two smallest are denormal. */
function halfPower(e: u32): f32 {
  return reinterpret<f32>(e > 1 ? (e - 1) << 23 : 0x200000 << e);
}

// Blocks of 256

function widenQ2_K(block: usize, out: usize): void {
  const scale = half(block + 80);
  const minScale = half(block + 82);
  for (let group: usize = 0; group < 16; group++) {
    const packed = <i32>load<u8>(block + group);
    const q = v128.load(block + 16 + 32 * (group >> 3) + 16 * (group & 1));
    affine(bits(q, <i32>(group & 6), 3), scale * <f32>(packed & 15), -(minScale * <f32>(packed >> 4)), out + 64 * group);
  }
}

function widenQ3_K(block: usize, out: usize): void {
  const scale = half(block + 108);
  for (let group: usize = 0; group < 16; group++) {
    const low = (<i32>load<u8>(block + 96 + (group & 7)) >> (group < 8 ? 0 : 4)) & 15;
    const high = (<i32>load<u8>(block + 104 + (group & 3)) >> <i32>(2 * (group >> 2))) & 3;
    const step = scale * <f32>((low | (high << 4)) - 32);
    const lows = bits(v128.load(block + 32 + 32 * (group >> 3) + 16 * (group & 1)), <i32>(group & 6), 3);
    const thirds = bits(v128.load(block + 16 * (group & 1)), <i32>(group >> 1), 1);
    scaled(i8x16.sub(v128.or(lows, i16x8.shl(thirds, 2)), i8x16.splat(4)), step, out + 64 * group);
  }
}

// 8 scales and 8 minima of 6 bits in 12 bytes

function groupScale(packed: usize, group: usize): f32 {
  return <f32>(
    (group < 4 ? load<u8>(packed + group) & 63 : (load<u8>(packed + 4 + group) & 15) | ((load<u8>(packed + group - 4) >> 6) << 4))
  );
}

function groupMin(packed: usize, group: usize): f32 {
  return <f32>(
    (group < 4 ? load<u8>(packed + 4 + group) & 63 : (load<u8>(packed + 4 + group) >> 4) | ((load<u8>(packed + group) >> 6) << 4))
  );
}

function widenQ4_K(block: usize, out: usize): void {
  const scale = half(block);
  const minScale = half(block + 2);
  for (let group: usize = 0; group < 8; group++, out += 128) {
    const step = scale * groupScale(block + 4, group);
    const offset = -(minScale * groupMin(block + 4, group));
    const codes = block + 16 + 32 * (group >> 1);
    const shift = <i32>(4 * (group & 1));
    affine(bits(v128.load(codes), shift, 15), step, offset, out);
    affine(bits(v128.load(codes, 16), shift, 15), step, offset, out + 64);
  }
}

function widenQ5_K(block: usize, out: usize): void {
  const scale = half(block);
  const minScale = half(block + 2);
  const fifths = v128.load(block, 16);
  const moreFifths = v128.load(block, 32);
  for (let group: usize = 0; group < 8; group++, out += 128) {
    const step = scale * groupScale(block + 4, group);
    const offset = -(minScale * groupMin(block + 4, group));
    const codes = block + 48 + 32 * (group >> 1);
    const shift = <i32>(4 * (group & 1));
    const g = <i32>group;
    affine(v128.or(bits(v128.load(codes), shift, 15), i16x8.shl(bits(fifths, g, 1), 4)), step, offset, out);
    affine(v128.or(bits(v128.load(codes, 16), shift, 15), i16x8.shl(bits(moreFifths, g, 1), 4)), step, offset, out + 64);
  }
}

function widenQ6_K(block: usize, out: usize): void {
  const scale = half(block + 208);
  for (let group: usize = 0; group < 16; group++) {
    const step = scale * <f32>load<i8>(block + 192 + group);
    const run = (group >> 1) & 3;
    const lows = v128.load(block + 64 * (group >> 3) + 32 * (run & 1) + 16 * (group & 1));
    const highs = v128.load(block + 128 + 32 * (group >> 3) + 16 * (group & 1));
    const code = v128.or(bits(lows, <i32>(4 * (run >> 1)), 15), i16x8.shl(bits(highs, <i32>(2 * run), 3), 4));
    scaled(i8x16.sub(code, i8x16.splat(32)), step, out + 64 * group);
  }
}

function widenIQ4_XS(block: usize, out: usize): void {
  const scale = half(block);
  const uppers = <i32>load<u16>(block, 2);
  for (let group: usize = 0; group < 8; group++) {
    const low = (<i32>load<u8>(block + 4 + (group >> 1)) >> <i32>(4 * (group & 1))) & 15;
    const s = low | (((uppers >> <i32>(2 * group)) & 3) << 4);
    widenPairs(iq4Steps, block + 8 + 16 * group, scale * <f32>(s - 32), out + 128 * group);
  }
}
