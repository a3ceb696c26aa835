// Products with packed weights: who computes which rows, and which tile takes which tokens. The sums themselves are in the tiles (tiles.mjs).
// T tokens, O out, I in. Threads split rows, never sums.
import { BLOCK, BYTES, FLOATS, panelBytes, ROWS, TABLE } from "./layouts";
import { tile6x8 } from "./multiply";
import { tileSize } from "./quantize";
import { tableOf } from "./tables";
import { address, endOf, firstOf, int, thread } from "./team";
import { tileExact, tileFloats1, tileFloats2, tileFloats4, tilePairs, tileQuads } from "./tiles.generated";
import { widenPanel } from "./widen";

/** Whether the engine's dot product of bytes is one instruction and exact for codes below 128, and for all codes. */
let quadsNarrow = false;
let quadsWide = false;

export function useQuads(narrow: bool, wide: bool): void {
  quadsNarrow = narrow;
  quadsWide = wide;
}

/** Tokens whose activations stay in the caches while the rows go by. A multiple of the largest tile. */
const TOKENS = 128;

/** kind, zero, x (quantised), w, bias or 0, y, T, O, I, scratch, bytes of scratch a thread */
export function linear(a: usize): void {
  const kind = int(a, 0);
  const zero = int(a, 1);
  const x = address(a, 2);
  const w = address(a, 3);
  const bias = address(a, 4);
  const y = address(a, 5);
  const T = int(a, 6);
  const O = int(a, 7);
  const I = int(a, 8);
  const scratch = address(a, 9) + address(a, 10) * thread;
  const blocks = I / BLOCK;
  const bytes = panelBytes(kind, I);
  const table = kind === TABLE ? tableOf(zero) : 0;
  const panels = (O + ROWS - 1) / ROWS;
  const end = endOf(panels);
  const quads = kind >= BYTES || kind === TABLE ? quadsWide : quadsNarrow;

  for (let from = 0; from < T; from += TOKENS) {
    const to = min(from + TOKENS, T);
    for (let p = firstOf(panels), side = 1; p < end; p += side) {
      side = T === 1 && p + 2 <= end && (p + 2) * ROWS <= O ? 2 : 1; // panels side by side
      const panel = w + <usize>p * bytes;
      const rows = min(ROWS, O - p * ROWS);
      const b = bias ? bias + ((<usize>p * ROWS) << 2) : 0;
      let tile = x + <usize>from * blocks * 44;
      let target = y + ((<usize>from * O + p * ROWS) << 2);
      for (let t = from; t < to; ) {
        const n = tileSize(to - t);
        const whole = rows === ROWS;
        const into = whole ? target : scratch;
        const stride: usize = whole ? (<usize>O) << 2 : 32;
        if (!ASC_FEATURE_RELAXED_SIMD) tileExact(kind, n, side, panel, tile, into, stride, blocks, zero, table, b);
        else if (quads) tileQuads(kind, n, side, panel, tile, into, stride, blocks, zero, table, b);
        else tilePairs(kind, n, side, panel, tile, into, stride, blocks, zero, table, b);
        if (!whole) copyRows(scratch, target, n, rows, O);
        tile += <usize>n * blocks * 44;
        target += (<usize>n * O) << 2;
        t += n;
      }
    }
  }
}

/** kind, zero, x f32 [T, I], w, bias or 0, y, T, O, I, scratch, bytes of scratch a thread: [I, 8] f32 behind [4, 8] f32 */
export function linearFloats(a: usize): void {
  const kind = int(a, 0);
  const x = address(a, 2);
  const w = address(a, 3);
  const bias = address(a, 4);
  const y = address(a, 5);
  const T = int(a, 6);
  const O = int(a, 7);
  const I = int(a, 8);
  const scratch = address(a, 9) + address(a, 10) * thread;
  const bytes = panelBytes(kind, I);
  const panels = (O + ROWS - 1) / ROWS;
  const end = endOf(panels);
  const row = (<usize>I) << 2;

  for (let from = 0; from < T; from += TOKENS) {
    const to = min(from + TOKENS, T);
    for (let p = firstOf(panels); p < end; p++) {
      let panel = w + <usize>p * bytes;
      if (kind !== FLOATS) {
        widenPanel(kind, int(a, 1), panel, scratch + 128, I);
        panel = scratch + 128;
      }
      const rows = min(ROWS, O - p * ROWS);
      const b = bias ? bias + ((<usize>p * ROWS) << 2) : 0;
      let target = y + ((<usize>from * O + p * ROWS) << 2);
      let t = from;
      for (; rows === ROWS && t + 6 <= to; t += 6, target += (<usize>6 * O) << 2) {
        tile6x8(I, x + row * t, row, 4, panel, 32, target, (<usize>O) << 2, false);
        if (b) addBias(b, target, O);
      }
      while (t < to) {
        const n = tileSize(to - t);
        const whole = rows === ROWS;
        const into = whole ? target : scratch;
        const stride: usize = whole ? (<usize>O) << 2 : 32;
        const tokens = x + row * t;
        if (n === 4) tileFloats4(panel, tokens, row, into, stride, I, b);
        else if (n === 2) tileFloats2(panel, tokens, row, into, stride, I, b);
        else tileFloats1(panel, tokens, row, into, stride, I, b);
        if (!whole) copyRows(scratch, target, n, rows, O);
        target += (<usize>n * O) << 2;
        t += n;
      }
    }
  }
}

/** The rows that exist of a last panel: n tokens of 8 floats at `from`, to rows of O floats. */
function copyRows(from: usize, to: usize, n: i32, rows: i32, O: i32): void {
  for (let t = 0; t < n; t++, from += 32, to += (<usize>O) << 2) memory.copy(to, from, (<usize>rows) << 2);
}

/** Adds 8 values to each of 6 rows of O floats. */
function addBias(b: usize, y: usize, O: i32): void {
  for (let t = 0; t < 6; t++, y += (<usize>O) << 2) {
    v128.store(y, f32x4.add(v128.load(y), v128.load(b)));
    v128.store(y, f32x4.add(v128.load(y, 16), v128.load(b, 16)), 16);
  }
}
