// Functions of four floats at a time. Constants are those of Cephes (S. Moshier): expf and tanhf; errors stay within 1.3 units in the last place, those of sigmoid within 2.5.

export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** What exp needs, each four times: V8 makes a constant anew wherever it is used, by three instructions, and loads one by one. */
// biome-ignore format: a constant a line
const EXP = memory.data<f32>([
  -87.33654, -87.33654, -87.33654, -87.33654, // least x
  88.02969, 88.02969, 88.02969, 88.02969, // largest x
  1.44269502, 1.44269502, 1.44269502, 1.44269502, // 1 / ln 2, as a float
  12583039, 12583039, 12583039, 12583039, // 1.5 * 2^23 + 127
  -0.693359375, -0.693359375, -0.693359375, -0.693359375, // -ln 2, its first bits
  2.1219444e-4, 2.1219444e-4, 2.1219444e-4, 2.1219444e-4, // and what they are too large by
  1.98756915e-4, 1.98756915e-4, 1.98756915e-4, 1.98756915e-4, // the polynomial
  1.3981999507e-3, 1.3981999507e-3, 1.3981999507e-3, 1.3981999507e-3,
  8.3334519073e-3, 8.3334519073e-3, 8.3334519073e-3, 8.3334519073e-3,
  4.1665795894e-2, 4.1665795894e-2, 4.1665795894e-2, 4.1665795894e-2,
  1.6666665459e-1, 1.6666665459e-1, 1.6666665459e-1, 1.6666665459e-1,
  5.0000001201e-1, 5.0000001201e-1, 5.0000001201e-1, 5.0000001201e-1,
  1, 1, 1, 1,
], 16);

/** e^x; 0 below -87.3, and the largest power of two in place of infinity above 88. NaN stays. */
export function exp(x: v128): v128 {
  const least = v128.load(EXP);
  // One instruction each, where min and max take seven for zeros and NaN.
  const clamped = f32x4.pmin(f32x4.pmax(x, least), v128.load(EXP, 16));
  // x = n ln 2 + r. Adding 1.5 * 2^23 + 127 rounds to an integer, whose lowest bits are then n + 127: the exponent of 2^n.
  const shifted = f32x4.add(f32x4.mul(clamped, v128.load(EXP, 32)), v128.load(EXP, 48));
  const n = f32x4.sub(shifted, v128.load(EXP, 48));
  const r = madd(n, v128.load(EXP, 80), madd(n, v128.load(EXP, 64), clamped));
  let p = v128.load(EXP, 96);
  p = madd(p, r, v128.load(EXP, 112));
  p = madd(p, r, v128.load(EXP, 128));
  p = madd(p, r, v128.load(EXP, 144));
  p = madd(p, r, v128.load(EXP, 160));
  p = madd(p, r, v128.load(EXP, 176));
  p = f32x4.add(madd(p, f32x4.mul(r, r), r), v128.load(EXP, 192));
  const value = f32x4.mul(p, i32x4.shl(shifted, 23));
  return v128.andnot(value, f32x4.lt(x, least));
}

/**
 * e^((x - shift) * factor) of the floats in [from, end), whole vectors, to `to`: {@link exp} written out for two vectors, which V8 joins where they stand side by
 * side and share their constants (docs/kernels.md).
 *
 * @returns their sum: of every second vector and of the others, each in four lanes, ascending
 */
export function expRow(from: usize, end: usize, to: usize, shift: f32, factor: f32): f32 {
  const s = f32x4.splat(shift);
  const f = f32x4.splat(factor);
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  for (; from + 32 <= end; from += 32, to += 32) {
    const x0 = f32x4.mul(f32x4.sub(v128.load(from), s), f);
    const x1 = f32x4.mul(f32x4.sub(v128.load(from, 16), s), f);
    const least = v128.load32_splat(EXP);
    const most = v128.load32_splat(EXP, 16);
    const clamped0 = f32x4.pmin(f32x4.pmax(x0, least), most);
    const clamped1 = f32x4.pmin(f32x4.pmax(x1, least), most);
    const perLn2 = v128.load32_splat(EXP, 32);
    const rounding = v128.load32_splat(EXP, 48);
    const shifted0 = f32x4.add(f32x4.mul(clamped0, perLn2), rounding);
    const shifted1 = f32x4.add(f32x4.mul(clamped1, perLn2), rounding);
    const n0 = f32x4.sub(shifted0, rounding);
    const n1 = f32x4.sub(shifted1, rounding);
    const ln2 = v128.load32_splat(EXP, 64);
    const rest = v128.load32_splat(EXP, 80);
    const r0 = madd(n0, rest, madd(n0, ln2, clamped0));
    const r1 = madd(n1, rest, madd(n1, ln2, clamped1));
    let c = v128.load32_splat(EXP, 96);
    const next = v128.load32_splat(EXP, 112);
    let p0 = madd(c, r0, next);
    let p1 = madd(c, r1, next);
    c = v128.load32_splat(EXP, 128);
    p0 = madd(p0, r0, c);
    p1 = madd(p1, r1, c);
    c = v128.load32_splat(EXP, 144);
    p0 = madd(p0, r0, c);
    p1 = madd(p1, r1, c);
    c = v128.load32_splat(EXP, 160);
    p0 = madd(p0, r0, c);
    p1 = madd(p1, r1, c);
    c = v128.load32_splat(EXP, 176);
    p0 = madd(p0, r0, c);
    p1 = madd(p1, r1, c);
    const one = v128.load32_splat(EXP, 192);
    p0 = f32x4.add(madd(p0, f32x4.mul(r0, r0), r0), one);
    p1 = f32x4.add(madd(p1, f32x4.mul(r1, r1), r1), one);
    const e0 = v128.andnot(f32x4.mul(p0, i32x4.shl(shifted0, 23)), f32x4.lt(x0, least));
    const e1 = v128.andnot(f32x4.mul(p1, i32x4.shl(shifted1, 23)), f32x4.lt(x1, least));
    v128.store(to, e0);
    v128.store(to, e1, 16);
    sum0 = f32x4.add(sum0, e0);
    sum1 = f32x4.add(sum1, e1);
  }
  if (from < end) {
    const e = exp(f32x4.mul(f32x4.sub(v128.load(from), s), f));
    v128.store(to, e);
    sum0 = f32x4.add(sum0, e);
  }
  return sumOf(f32x4.add(sum0, sum1));
}

/** 1 / (1 + e^-x) */
export function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(x))));
}

export function tanh(x: v128): v128 {
  const size = f32x4.abs(x);
  const square = f32x4.mul(x, x);
  let p = f32x4.splat(-5.70498872745e-3);
  p = madd(p, square, f32x4.splat(2.06390887954e-2));
  p = madd(p, square, f32x4.splat(-5.37397155531e-2));
  p = madd(p, square, f32x4.splat(1.33314422036e-1));
  p = madd(p, square, f32x4.splat(-3.33332819422e-1));
  const small = madd(f32x4.mul(p, square), x, x);
  const two = f32x4.splat(2);
  const one = f32x4.splat(1);
  const far = f32x4.sub(one, f32x4.div(two, f32x4.add(exp(f32x4.add(size, size)), one)));
  const large = v128.or(far, v128.and(x, f32x4.splat(-0.0)));
  return v128.bitselect(small, large, f32x4.lt(size, f32x4.splat(0.625)));
}

/** The sum of four lanes, always in this order. */
export function sumOf(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

export function maxOf(v: v128): f32 {
  return max(max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)), max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)));
}

/** 2^112: the bits of a half, moved into the place of a float's, are its value times 2^-112, denormals included. */
const HALF_TO_FLOAT: f32 = 5.192296858534828e33;

/** What halves needs, in memory as EXP is. */
// biome-ignore format: a constant a line
const HALVES = memory.data<u32>([
  0x8fffe000, 0x8fffe000, 0x8fffe000, 0x8fffe000, // sign, exponent and fraction of a half, moved
  0x77800000, 0x77800000, 0x77800000, 0x77800000, // HALF_TO_FLOAT
  0x0f800000, 0x0f800000, 0x0f800000, 0x0f800000, // the exponent of infinity and NaN, moved
  0x7f800000, 0x7f800000, 0x7f800000, 0x7f800000, // and that of a float
], 16);

/** Four f16 at an address. */
export function halves(address: usize): v128 {
  const bits = i32x4.shl(v128.load_ext<i16>(address), 13); // sign in bit 31, twice
  const value = f32x4.mul(v128.and(bits, v128.load(HALVES)), v128.load(HALVES, 16));
  const special = i32x4.eq(v128.and(bits, v128.load(HALVES, 32)), v128.load(HALVES, 32));
  return v128.or(value, v128.and(special, v128.load(HALVES, 48)));
}

/** The f16 at an address. */
export function half(address: usize): f32 {
  const bits = <u32>load<u16>(address);
  const magnitude = bits & 0x7fff;
  const value = magnitude < 0x7c00 ? reinterpret<f32>(magnitude << 13) * HALF_TO_FLOAT : reinterpret<f32>(0x7f800000 | (magnitude << 13));
  return bits > 0x7fff ? -value : value;
}

/** To the nearest f16, ties to even; beyond its range infinity. */
export function toHalf(value: f32): u16 {
  const bits = reinterpret<u32>(value);
  const sign = <u16>((bits >> 16) & 0x8000);
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return 0x7e00 | sign; // NaN
  if (size >= 0x47800000) return 0x7c00 | sign;
  // Multiplying rounds denormals where the hardware rounds; above them, round the mantissa by hand.
  if (size < 0x38800000) return <u16>reinterpret<u32>(reinterpret<f32>(size) + 0.5) | sign; // units of 2^-24, in the lowest bits of 0.5 + x
  return <u16>((size + 0xfff + ((size >> 13) & 1) - 0x38000000) >> 13) | sign;
}
