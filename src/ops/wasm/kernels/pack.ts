// From rows as they lie in a file to panels of 8 rows: codes of all formats become unsigned nibbles or bytes, their scales floats. Nothing is rounded.
// formats/quant explains the formats; the number of a type is the one in weights.ts.
import { half } from "./floats";
import { BLOCK, BYTES, blockBytes, codeBytes, FLOATS, hasHalves, hasMins, panelBytes, ROWS } from "./layouts";

// One block of one row on its way: 32 codes, a byte each; scales and minima of its halves (the same twice where a format has one).
const codes: usize = memory.data(32, 16);
let scale0: f32 = 0;
let scale1: f32 = 0;
let min0: f32 = 0;
let min1: f32 = 0;

/**
 * Packs `rows` rows (of which the last panel may lack some) of `columns` values.
 *
 * @param rowBytes from one row of the source to the next
 */
export function pack(type: i32, kind: i32, source: usize, rowBytes: usize, target: usize, rows: i32, columns: i32): void {
  for (let from = 0; from < rows; from += ROWS) {
    const count = min(rows - from, ROWS);
    if (kind >= FLOATS) packFloats(kind, source, rowBytes, target, count, columns);
    else packBlocks(type, kind, source, rowBytes, target, count, columns);
    source += rowBytes * ROWS;
    target += panelBytes(kind, columns);
  }
}

/** [rows][columns] to [columns][8 rows]; rows that are missing are zeros. */
function packFloats(kind: i32, source: usize, rowBytes: usize, target: usize, rows: i32, columns: i32): void {
  memory.fill(target, 0, panelBytes(kind, columns));
  for (let r: usize = 0; r < <usize>rows; r++, source += rowBytes) {
    for (let i: usize = 0; i < <usize>columns; i++) {
      if (kind === FLOATS) store<u32>(target + (((i << 3) + r) << 2), load<u32>(source + (i << 2)));
      else store<u16>(target + (((i << 3) + r) << 1), load<u16>(source + (i << 1)));
    }
  }
}

function packBlocks(type: i32, kind: i32, source: usize, rowBytes: usize, target: usize, rows: i32, columns: i32): void {
  const bytes = blockBytes(kind);
  const blocks = columns / BLOCK;
  memory.fill(target, 0, bytes * <usize>blocks);
  for (let r: usize = 0; r < <usize>rows; r++, source += rowBytes) {
    let block = target;
    for (let b = 0; b < blocks; b++, block += bytes) {
      unpack(type, source, b);
      const at = block + (r << 2);
      if (kind < BYTES) {
        for (let j: usize = 0; j < 16; j += 4) store<u32>(at + (j << 3), load<u32>(codes + j) | (load<u32>(codes + j, 16) << 4));
      } else {
        for (let j: usize = 0; j < 32; j += 4) store<u32>(at + (j << 3), load<u32>(codes + j));
      }
      let floats = at + codeBytes(kind);
      store<f32>(floats, scale0);
      if (hasHalves(kind)) store<f32>(floats, scale1, 32);
      floats += hasHalves(kind) ? 64 : 32;
      if (hasMins(kind)) {
        store<f32>(floats, min0);
        if (hasHalves(kind)) store<f32>(floats, min1, 32);
      }
    }
  }
}

/** Block `b` of 32 values of a row. */
function unpack(type: i32, row: usize, b: i32): void {
  switch (type) {
    case 3:
      unpackQ4(row + <usize>b * 18, 2, false);
      break;
    case 4:
      unpackQ4(row + <usize>b * 20, 4, true);
      break;
    case 5:
      unpackQ5(row + <usize>b * 22, 2, false);
      break;
    case 6:
      unpackQ5(row + <usize>b * 24, 4, true);
      break;
    case 7:
      unpackQ8(row + <usize>b * 34);
      break;
    case 8:
      unpackQ2K(row + <usize>(b >> 3) * 84, b & 7);
      break;
    case 9:
      unpackQ3K(row + <usize>(b >> 3) * 110, b & 7);
      break;
    case 10:
      unpackQ4K(row + <usize>(b >> 3) * 144, b & 7);
      break;
    case 11:
      unpackQ5K(row + <usize>(b >> 3) * 176, b & 7);
      break;
    case 12:
      unpackQ6K(row + <usize>(b >> 3) * 210, b & 7);
      break;
    case 13:
      unpackIQ4NL(row + <usize>b * 18);
      break;
    case 14:
      unpackIQ4XS(row + <usize>(b >> 3) * 136, b & 7);
      break;
    default:
      unpackMXFP4(row + <usize>b * 17);
      break;
  }
}

function oneScale(scale: f32, least: f32): void {
  scale0 = scale;
  scale1 = scale;
  min0 = least;
  min1 = least;
}

function put(low: v128, high: v128): void {
  v128.store(codes, low);
  v128.store(codes, high, 16);
}

/** Bits [shift, shift + width) of 16 bytes, mask = 2^width - 1. */
function bits(bytes: v128, shift: i32, mask: i8): v128 {
  return v128.and(i16x8.shr_u(bytes, shift), i8x16.splat(mask));
}

/** Nibbles: the low ones are the first half. */
function putNibbles(address: usize): void {
  const q = v128.load(address);
  put(bits(q, 0, 15), bits(q, 4, 15));
}

function unpackQ4(block: usize, at: usize, hasMin: bool): void {
  oneScale(half(block), hasMin ? half(block + 2) : 0);
  putNibbles(block + at);
}

function unpackQ5(block: usize, at: usize, hasMin: bool): void {
  oneScale(half(block), hasMin ? half(block + 2) : 0);
  const q = v128.load(block + at + 4);
  put(v128.or(bits(q, 0, 15), fifthBits(block + at)), v128.or(bits(q, 4, 15), fifthBits(block + at + 2)));
}

/** 16 where the bit of a lane is set in the two bytes at an address, 0 elsewhere. */
function fifthBits(address: usize): v128 {
  const bitOfLane = v128(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  const byteOfLane = i8x16.swizzle(v128.load16_splat(address), v128(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1));
  return v128.and(i8x16.eq(v128.and(byteOfLane, bitOfLane), bitOfLane), i8x16.splat(16));
}

/** Signed bytes, moved up by 128. */
function unpackQ8(block: usize): void {
  oneScale(half(block), 0);
  const up = i8x16.splat(-128);
  put(v128.xor(v128.load(block, 2), up), v128.xor(v128.load(block, 18), up));
}

/** 32 values: 2 of the 16 groups of a block. */
function unpackQ2K(block: usize, b: i32): void {
  const scale = half(block + 80);
  const minScale = half(block + 82);
  const first = <i32>load<u8>(block + <usize>(2 * b));
  const second = <i32>load<u8>(block + <usize>(2 * b + 1));
  scale0 = scale * <f32>(first & 15);
  scale1 = scale * <f32>(second & 15);
  min0 = -(minScale * <f32>(first >> 4));
  min1 = -(minScale * <f32>(second >> 4));
  const q = block + 16 + <usize>(32 * (b >> 2));
  const shift = 2 * (b & 3);
  put(bits(v128.load(q), shift, 3), bits(v128.load(q, 16), shift, 3));
}

function unpackQ3K(block: usize, b: i32): void {
  const scale = half(block + 108);
  scale0 = scale * scaleQ3K(block, 2 * b);
  scale1 = scale * scaleQ3K(block, 2 * b + 1);
  const q = block + 32 + <usize>(32 * (b >> 2));
  const shift = 2 * (b & 3);
  put(
    v128.or(bits(v128.load(q), shift, 3), i16x8.shl(bits(v128.load(block), b, 1), 2)),
    v128.or(bits(v128.load(q, 16), shift, 3), i16x8.shl(bits(v128.load(block, 16), b, 1), 2)),
  );
}

function scaleQ3K(block: usize, group: i32): f32 {
  const low = (<i32>load<u8>(block + 96 + <usize>(group & 7)) >> (group < 8 ? 0 : 4)) & 15;
  const high = (<i32>load<u8>(block + 104 + <usize>(group & 3)) >> (2 * (group >> 2))) & 3;
  return <f32>((low | (high << 4)) - 32);
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

function unpackQ4K(block: usize, b: i32): void {
  oneScale(half(block) * groupScale(block + 4, b), -(half(block + 2) * groupMin(block + 4, b)));
  const q = block + 16 + <usize>(32 * (b >> 1));
  const shift = 4 * (b & 1);
  put(bits(v128.load(q), shift, 15), bits(v128.load(q, 16), shift, 15));
}

function unpackQ5K(block: usize, b: i32): void {
  oneScale(half(block) * groupScale(block + 4, b), -(half(block + 2) * groupMin(block + 4, b)));
  const q = block + 48 + <usize>(32 * (b >> 1));
  const shift = 4 * (b & 1);
  put(
    v128.or(bits(v128.load(q), shift, 15), i16x8.shl(bits(v128.load(block, 16), b, 1), 4)),
    v128.or(bits(v128.load(q, 16), shift, 15), i16x8.shl(bits(v128.load(block, 32), b, 1), 4)),
  );
}

function unpackQ6K(block: usize, b: i32): void {
  const scale = half(block + 208);
  scale0 = scale * <f32>load<i8>(block + 192 + <usize>(2 * b));
  scale1 = scale * <f32>load<i8>(block + 193 + <usize>(2 * b));
  const lows = block + <usize>(64 * (b >> 2) + 32 * (b & 1));
  const highs = block + 128 + <usize>(32 * (b >> 2));
  const run = b & 3;
  const shift = 4 * (run >> 1);
  put(
    v128.or(bits(v128.load(lows), shift, 15), i16x8.shl(bits(v128.load(highs), 2 * run, 3), 4)),
    v128.or(bits(v128.load(lows, 16), shift, 15), i16x8.shl(bits(v128.load(highs, 16), 2 * run, 3), 4)),
  );
}

// Nibbles that are indices stay nibbles: tables.ts has their values.

function unpackIQ4NL(block: usize): void {
  oneScale(half(block), 0);
  putNibbles(block + 2);
}

function unpackIQ4XS(block: usize, b: i32): void {
  const low = (<i32>load<u8>(block + 4 + <usize>(b >> 1)) >> (4 * (b & 1))) & 15;
  const s = low | (((<i32>load<u16>(block, 2) >> (2 * b)) & 3) << 4);
  oneScale(half(block) * <f32>(s - 32), 0);
  putNibbles(block + 8 + <usize>(16 * b));
}

/** Half of an E8M0 scale, 2^(e - 128), since the table holds doubled values; the two smallest are denormal. */
function unpackMXFP4(block: usize): void {
  const e = <u32>load<u8>(block);
  oneScale(reinterpret<f32>(e > 1 ? (e - 1) << 23 : 0x200000 << e), 0);
  putNibbles(block + 1);
}
