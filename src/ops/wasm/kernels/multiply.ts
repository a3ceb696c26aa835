// The product of float32: c[m][n] (+)= sum over k, ascending, of a[m][k] * b[k][n]. Rows of c lie value after value, rows of b eight after eight; a may lie either
// way, so what is transposed in a formula is not moved in memory. Every tile gives a sum the same bits. Which tiles are good: `node bench/kernels/run.mjs floats`.
import { madd } from "./floats";
import { tileFloats } from "./tiles.generated";

/** Whether the engine joins pairs of vectors, so that a tile has registers for twice as many columns. */
let joinsVectors = false;

export function useJoinedVectors(yes: bool): void {
  joinsVectors = yes;
}

/** Rows of a tile at most. */
const ROWS = 6;
/** Rows whose sums leave registers free for twice as many columns on every engine. */
const FEW = 3;
/** What sums begin with where nothing is there: loads, so that all are alike to a compiler that looks for pairs. */
const ZEROS = memory.data(64, 16);

/**
 * @param rowA, stepA bytes from one m, and from one k, of a to the next
 * @param stepB, nextB bytes from one k of b to the next, and from 8 columns to the next 8
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
  nextB: usize,
  c: usize,
  rowC: usize,
  more: bool,
): void {
  const rowFrom: usize = more ? rowC : 0;
  let n = 0;
  while (n + 8 <= N) {
    const pairs: usize = n + 16 <= N && (joinsVectors || M <= FEW) ? 2 : 1;
    let fromA = a;
    let toC = c;
    for (let m = 0; m < M; ) {
      // As equal as can be: 5 + 5 rows, not 6 + 4.
      const tiles = (M - m + ROWS - 1) / ROWS;
      const rows = (M - m + tiles - 1) / tiles;
      tileFloats(rows, <i32>pairs, K, fromA, rowA, stepA, b, stepB, nextB, toC, rowC, more ? toC : ZEROS, rowFrom);
      m += rows;
      fromA += rowA * rows;
      toC += rowC * rows;
    }
    n += 8 * <i32>pairs;
    b += nextB * pairs;
    c += 32 * pairs;
  }
  for (; n + 4 <= N; n += 4, b += 16, c += 16) {
    for (let m: usize = 0; m < <usize>M; m++) tile1x4(K, a + m * rowA, stepA, b, stepB, c + m * rowC, more);
  }
  for (; n < N; n++, b += 4, c += 4) {
    for (let m: usize = 0; m < <usize>M; m++) tile1x1(K, a + m * rowA, stepA, b, stepB, c + m * rowC, more);
  }
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
