// The product of float32: c[m][n] (+)= sum over k, ascending, of a[m][k] * b[k][n]. Rows of b and c lie value after value; a may lie either way, so what is
// transposed in a formula is not moved in memory. Every tile gives a sum the same bits. 6 x 8 fits the registers: `node bench/kernels/run.mjs floats`.
import { madd } from "./floats";

/**
 * @param rowA, stepA bytes from one m, and from one k, of a to the next
 * @param stepB       bytes from one k of b to the next
 * @param rowC        bytes from one m of c to the next
 * @param more        adds to what c holds
 */
export function multiply(
  M: i32,
  N: i32,
  K: i32,
  a: usize,
  rowA: usize,
  stepA: usize,
  b: usize,
  stepB: usize,
  c: usize,
  rowC: usize,
  more: bool,
): void {
  let n = 0;
  for (; n + 8 <= N; n += 8, b += 32, c += 32) {
    let fromA = a;
    let toC = c;
    let m = 0;
    for (; m + 6 <= M; m += 6, fromA += 6 * rowA, toC += 6 * rowC) tile6x8(K, fromA, rowA, stepA, b, stepB, toC, rowC, more);
    for (; m + 4 <= M; m += 4, fromA += 4 * rowA, toC += 4 * rowC) tile4x8(K, fromA, rowA, stepA, b, stepB, toC, rowC, more);
    for (; m < M; m++, fromA += rowA, toC += rowC) tile1x8(K, fromA, stepA, b, stepB, toC, more);
  }
  for (; n + 4 <= N; n += 4, b += 16, c += 16) {
    for (let m: usize = 0; m < <usize>M; m++) tile1x4(K, a + m * rowA, stepA, b, stepB, c + m * rowC, more);
  }
  for (; n < N; n++, b += 4, c += 4) {
    for (let m: usize = 0; m < <usize>M; m++) tile1x1(K, a + m * rowA, stepA, b, stepB, c + m * rowC, more);
  }
}

export function tile6x8(K: i32, a: usize, rowA: usize, stepA: usize, b: usize, stepB: usize, c: usize, rowC: usize, more: bool): void {
  let p0 = f32x4.splat(0);
  let p1 = f32x4.splat(0);
  let q0 = f32x4.splat(0);
  let q1 = f32x4.splat(0);
  let r0 = f32x4.splat(0);
  let r1 = f32x4.splat(0);
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let t0 = f32x4.splat(0);
  let t1 = f32x4.splat(0);
  let u0 = f32x4.splat(0);
  let u1 = f32x4.splat(0);
  const c1 = c + rowC;
  const c2 = c1 + rowC;
  const c3 = c2 + rowC;
  const c4 = c3 + rowC;
  const c5 = c4 + rowC;
  if (more) {
    p0 = v128.load(c);
    p1 = v128.load(c, 16);
    q0 = v128.load(c1);
    q1 = v128.load(c1, 16);
    r0 = v128.load(c2);
    r1 = v128.load(c2, 16);
    s0 = v128.load(c3);
    s1 = v128.load(c3, 16);
    t0 = v128.load(c4);
    t1 = v128.load(c4, 16);
    u0 = v128.load(c5);
    u1 = v128.load(c5, 16);
  }
  let a1 = a + rowA;
  let a2 = a1 + rowA;
  let a3 = a2 + rowA;
  let a4 = a3 + rowA;
  let a5 = a4 + rowA;
  for (; K > 0; K--) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let v = v128.load32_splat(a);
    p0 = madd(v, b0, p0);
    p1 = madd(v, b1, p1);
    v = v128.load32_splat(a1);
    q0 = madd(v, b0, q0);
    q1 = madd(v, b1, q1);
    v = v128.load32_splat(a2);
    r0 = madd(v, b0, r0);
    r1 = madd(v, b1, r1);
    v = v128.load32_splat(a3);
    s0 = madd(v, b0, s0);
    s1 = madd(v, b1, s1);
    v = v128.load32_splat(a4);
    t0 = madd(v, b0, t0);
    t1 = madd(v, b1, t1);
    v = v128.load32_splat(a5);
    u0 = madd(v, b0, u0);
    u1 = madd(v, b1, u1);
    a += stepA;
    a1 += stepA;
    a2 += stepA;
    a3 += stepA;
    a4 += stepA;
    a5 += stepA;
    b += stepB;
  }
  v128.store(c, p0);
  v128.store(c, p1, 16);
  v128.store(c1, q0);
  v128.store(c1, q1, 16);
  v128.store(c2, r0);
  v128.store(c2, r1, 16);
  v128.store(c3, s0);
  v128.store(c3, s1, 16);
  v128.store(c4, t0);
  v128.store(c4, t1, 16);
  v128.store(c5, u0);
  v128.store(c5, u1, 16);
}

function tile4x8(K: i32, a: usize, rowA: usize, stepA: usize, b: usize, stepB: usize, c: usize, rowC: usize, more: bool): void {
  let p0 = f32x4.splat(0);
  let p1 = f32x4.splat(0);
  let q0 = f32x4.splat(0);
  let q1 = f32x4.splat(0);
  let r0 = f32x4.splat(0);
  let r1 = f32x4.splat(0);
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  const c1 = c + rowC;
  const c2 = c1 + rowC;
  const c3 = c2 + rowC;
  if (more) {
    p0 = v128.load(c);
    p1 = v128.load(c, 16);
    q0 = v128.load(c1);
    q1 = v128.load(c1, 16);
    r0 = v128.load(c2);
    r1 = v128.load(c2, 16);
    s0 = v128.load(c3);
    s1 = v128.load(c3, 16);
  }
  let a1 = a + rowA;
  let a2 = a1 + rowA;
  let a3 = a2 + rowA;
  for (; K > 0; K--) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let v = v128.load32_splat(a);
    p0 = madd(v, b0, p0);
    p1 = madd(v, b1, p1);
    v = v128.load32_splat(a1);
    q0 = madd(v, b0, q0);
    q1 = madd(v, b1, q1);
    v = v128.load32_splat(a2);
    r0 = madd(v, b0, r0);
    r1 = madd(v, b1, r1);
    v = v128.load32_splat(a3);
    s0 = madd(v, b0, s0);
    s1 = madd(v, b1, s1);
    a += stepA;
    a1 += stepA;
    a2 += stepA;
    a3 += stepA;
    b += stepB;
  }
  v128.store(c, p0);
  v128.store(c, p1, 16);
  v128.store(c1, q0);
  v128.store(c1, q1, 16);
  v128.store(c2, r0);
  v128.store(c2, r1, 16);
  v128.store(c3, s0);
  v128.store(c3, s1, 16);
}

function tile1x8(K: i32, a: usize, stepA: usize, b: usize, stepB: usize, c: usize, more: bool): void {
  let low = more ? v128.load(c) : f32x4.splat(0);
  let high = more ? v128.load(c, 16) : f32x4.splat(0);
  for (; K > 0; K--, a += stepA, b += stepB) {
    const v = v128.load32_splat(a);
    low = madd(v, v128.load(b), low);
    high = madd(v, v128.load(b, 16), high);
  }
  v128.store(c, low);
  v128.store(c, high, 16);
}

function tile1x4(K: i32, a: usize, stepA: usize, b: usize, stepB: usize, c: usize, more: bool): void {
  let sum = more ? v128.load(c) : f32x4.splat(0);
  for (; K > 0; K--, a += stepA, b += stepB) sum = madd(v128.load32_splat(a), v128.load(b), sum);
  v128.store(c, sum);
}

/** In vectors, too: only they round as the others do. */
function tile1x1(K: i32, a: usize, stepA: usize, b: usize, stepB: usize, c: usize, more: bool): void {
  let sum = more ? v128.load32_zero(c) : f32x4.splat(0);
  for (; K > 0; K--, a += stepA, b += stepB) sum = madd(v128.load32_zero(a), v128.load32_zero(b), sum);
  v128.store32_lane(c, sum, 0);
}
