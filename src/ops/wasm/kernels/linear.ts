// Products with packed weights: who computes which rows, and which tile takes which tokens. The sums themselves are in the tiles (tiles.mjs).
// T tokens, O out, I in. Threads split rows, never sums.
import { BLOCK, BYTES, FLOATS, panelBytes, ROWS, TABLE } from "./layouts";
import { multiply } from "./multiply";
import { tileSize } from "./quantize";
import { tableOf } from "./tables";
import { address, endOf, firstOf, int, thread } from "./team";
import { tileExact, tilePairs, tileQuads } from "./tiles.generated";
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

/** Of float32, as the tiles of multiply.ts take them. */
const FLOAT_TOKENS = 132;
/** Panels that are multiplied at once. */
const SIDE = 2;

/** kind, zero, x f32 [T, I], w, bias or 0, y, T, O, I, scratch, bytes of scratch a thread: [2, I, 8] f32 */
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
  const wide = panelBytes(FLOATS, I);
  const panels = (O + ROWS - 1) / ROWS;
  const end = endOf(panels);

  for (let t = 0; t < T; t += FLOAT_TOKENS) {
    const tokens = min(FLOAT_TOKENS, T - t);
    for (let p = firstOf(panels); p < end; p += SIDE) {
      const side = min(SIDE, end - p);
      let from = w + <usize>p * bytes;
      if (kind !== FLOATS) {
        for (let i = 0; i < side; i++) widenPanel(kind, int(a, 1), from + bytes * i, scratch + wide * i, I);
        from = scratch;
      }
      const o = p * ROWS;
      const rows = min(side * ROWS, O - o);
      const into = y + ((<usize>t * O + o) << 2);
      multiply(tokens, rows, I, x + ((<usize>t * I) << 2), (<usize>I) << 2, 4, from, 32, wide, into, (<usize>O) << 2, false);
      if (bias) addBias(bias + ((<usize>o) << 2), into, tokens, rows, O);
    }
  }
}

/** The rows that exist of a last panel: n tokens of 8 floats at `from`, to rows of O floats. */
function copyRows(from: usize, to: usize, n: i32, rows: i32, O: i32): void {
  for (let t = 0; t < n; t++, from += 32, to += (<usize>O) << 2) memory.copy(to, from, (<usize>rows) << 2);
}

/** Adds `rows` values to those of each of n tokens: rows of O floats. */
function addBias(b: usize, y: usize, n: i32, rows: i32, O: i32): void {
  for (let t = 0; t < n; t++, y += (<usize>O) << 2) {
    let i: usize = 0;
    for (; i + 4 <= <usize>rows; i += 4) v128.store(y + (i << 2), f32x4.add(v128.load(y + (i << 2)), v128.load(b + (i << 2))));
    for (; i < <usize>rows; i++) store<f32>(y + (i << 2), load<f32>(y + (i << 2)) + load<f32>(b + (i << 2)));
  }
}
