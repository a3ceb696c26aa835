// Rows of a weight, widened to float32, times activations. One accumulator layout for every storage type and every number of tokens: four
// vectors of four lanes, so the order of additions depends on nothing but the length of the row.
// O out, I in, T tokens; all pointers are byte addresses.

/** y[t, o] = dot(x[t], row o) + bias[o]. @param row scratch for one widened row @param bias 0 for none */
export function linearF32(x: usize, w: usize, bias: usize, y: usize, T: i32, O: i32, I: i32): void {
  for (let o = 0; o < O; o++) {
    dotRow(x, w + ((<usize>o * I) << 2), bias, y, o, T, O, I);
  }
}

export function linearQ8_0(x: usize, w: usize, bias: usize, y: usize, T: i32, O: i32, I: i32, row: usize): void {
  const stride = rowBytesQ8_0(I);
  for (let o = 0; o < O; o++) {
    widenQ8_0(w + <usize>o * stride, row, I);
    dotRow(x, row, bias, y, o, T, O, I);
  }
}

export function linearQ4_1(x: usize, w: usize, bias: usize, y: usize, T: i32, O: i32, I: i32, row: usize): void {
  const stride = rowBytesQ4_1(I);
  for (let o = 0; o < O; o++) {
    widenQ4_1(w + <usize>o * stride, row, I);
    dotRow(x, row, bias, y, o, T, O, I);
  }
}

function dotRow(x: usize, row: usize, bias: usize, y: usize, o: i32, T: i32, O: i32, I: i32): void {
  const b = bias ? load<f32>(bias + ((<usize>o) << 2)) : <f32>0;
  for (let t = 0; t < T; t++) {
    store<f32>(y + ((<usize>t * O + o) << 2), dot(x + ((<usize>t * I) << 2), row, I) + b);
  }
}

/** Sum of a[i] * b[i]. */
export function dot(a: usize, b: usize, n: i32): f32 {
  let s0 = f32x4.splat(0),
    s1 = f32x4.splat(0),
    s2 = f32x4.splat(0),
    s3 = f32x4.splat(0);
  let i = 0;
  for (; i + 16 <= n; i += 16, a += 64, b += 64) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a), v128.load(b)));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(a, 32), v128.load(b, 32)));
    s3 = f32x4.add(s3, f32x4.mul(v128.load(a, 48), v128.load(b, 48)));
  }
  const s = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  let sum = f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
  for (; i < n; i++, a += 4, b += 4) sum += load<f32>(a) * load<f32>(b);
  return sum;
}

// Blocks of 32 with their scales as float32, as weights.ts packs them.

/** Q8_0: { scale f32, 32 x i8 } a block. */
function rowBytesQ8_0(I: i32): usize {
  return <usize>(I >> 5) * 36;
}

export function widenQ8_0(block: usize, out: usize, I: i32): void {
  for (let i = 0; i < I; i += 32, block += 36) {
    const scale = v128.load32_splat(block);
    for (let j: usize = 0; j < 32; j += 8, out += 32) {
      const q = v128.load_ext<i8>(block + 4 + j); // 8 x i16
      v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(q)), scale));
      v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(q)), scale), 16);
    }
  }
}

/** Q4_1: { scale f32, minimum f32, 16 bytes } a block; low nibbles are entries 0 to 15, high ones 16 to 31. */
function rowBytesQ4_1(I: i32): usize {
  return <usize>(I >> 5) * 24;
}

export function widenQ4_1(block: usize, out: usize, I: i32): void {
  for (let i = 0; i < I; i += 32, block += 24, out += 128) {
    const scale = v128.load32_splat(block);
    const minimum = v128.load32_splat(block, 4);
    const q = v128.load(block, 8);
    widenNibbles(v128.and(q, i8x16.splat(15)), scale, minimum, out);
    widenNibbles(v128.and(i16x8.shr_u(q, 4), i8x16.splat(15)), scale, minimum, out + 64);
  }
}

function widenNibbles(q: v128, scale: v128, minimum: v128, out: usize): void {
  const low = i16x8.extend_low_i8x16_u(q);
  const high = i16x8.extend_high_i8x16_u(q);
  v128.store(out, affine(i32x4.extend_low_i16x8_u(low), scale, minimum));
  v128.store(out, affine(i32x4.extend_high_i16x8_u(low), scale, minimum), 16);
  v128.store(out, affine(i32x4.extend_low_i16x8_u(high), scale, minimum), 32);
  v128.store(out, affine(i32x4.extend_high_i16x8_u(high), scale, minimum), 48);
}

function affine(q: v128, scale: v128, minimum: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(q), scale), minimum);
}
