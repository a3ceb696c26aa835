// The gradients of a product with a weight. T tokens, O out, I in. Threads split what comes out, never a sum; what a sum goes over is cut into pieces that the
// caches hold, which changes no order.
import { BLOCK, FLOATS, panelBytes, ROWS } from "../layouts";
import { multiply } from "../multiply";
import { address, endOf, firstOf, int, thread } from "../team";
import { turn } from "../turn";
import { widenBlock, widenPanel } from "../widen";

/** Rows of a weight that are turned at once, and tokens that meet them there: a multiple of what tiles take. */
const OUT = 256;
const TOKENS = 264;
/** Rows of what is not in panels that stay in the caches while panels go by: a multiple of what tiles take. */
const SIDE = 132;
/** Tokens that meet in the gradient of a weight at once. */
const PIECE = 256;
/** Rows of a tile. */
const TILE = 6;
/** Bytes between rows and panels of so many tokens: a line more than a power of two, which would put all of them into a few sets of a cache. */
const TURNED_ROW = PIECE * 4 + 64;
const PANEL = PIECE * 32 + 64;

/** dy f32 [T, O], w of a kind, its zero, dx f32 [T, I], T, O, I, scratch, bytes of scratch a thread: [OUT, 32] and [32, 8] f32 */
export function inputGradient(a: usize): void {
  const dy = address(a, 0);
  const w = address(a, 1);
  const kind = int(a, 2);
  const zero = int(a, 3);
  const dx = address(a, 4);
  const T = int(a, 5);
  const O = int(a, 6);
  const I = int(a, 7);
  const turned = address(a, 8) + address(a, 9) * thread;
  const wide = turned + OUT * BLOCK * 4;
  const panel = panelBytes(kind, I);
  const blocks = (I + BLOCK - 1) / BLOCK;
  const last = endOf(blocks);

  for (let t = 0; t < T; t += TOKENS) {
    const tokens = min(TOKENS, T - t);
    for (let o = 0; o < O; o += OUT) {
      const outs = min(OUT, O - o);
      const from = dy + ((<usize>t * O + o) << 2);
      for (let block = firstOf(blocks); block < last; block++) {
        const i = block * BLOCK;
        const columns = min(BLOCK, I - i);
        let into = turned;
        for (let at = o; at < o + outs; at += ROWS, into += ROWS * 32) {
          const codes = w + <usize>(at / ROWS) * panel + panelBytes(kind, i);
          if (kind === FLOATS) turnPanel(codes, into, columns);
          else {
            if (kind > FLOATS) widenPanel(kind, 0, codes, wide, columns);
            else widenBlock(kind, zero, codes, wide);
            turnPanel(wide, into, columns);
          }
        }
        const to = dx + ((<usize>t * I + i) << 2);
        multiply(tokens, columns, outs, from, (<usize>O) << 2, 4, turned, 32, OUT * 32, to, (<usize>I) << 2, o > 0);
      }
    }
  }
}

/** Columns of 8 rows to 8 rows of 8 columns each, and so on OUT rows further for the next 8 columns. */
function turnPanel(panel: usize, into: usize, columns: i32): void {
  for (let c = 0; c < columns; c += 8, panel += 256, into += OUT * 32) turn(panel, 32, min(8, columns - c), 8, into, 32);
}

/** dy f32 [T, O], x f32 [T, I], dw f32 [O, I], T, O, I, scratch, bytes of scratch a thread: I / 8 times PANEL and SIDE times TURNED_ROW */
export function weightGradient(a: usize): void {
  const dy = address(a, 0);
  const x = address(a, 1);
  const dw = address(a, 2);
  const T = int(a, 3);
  const O = int(a, 4);
  const I = int(a, 5);
  const turned = address(a, 6) + address(a, 7) * thread; // of dy
  const panels = turned + SIDE * TURNED_ROW;
  const groups = (O + TILE - 1) / TILE;
  const last = min(endOf(groups) * TILE, O);
  const row = (<usize>I) << 2;
  // Without tokens, too: zeros.
  for (let t = 0; t === 0 || t < T; t += PIECE) {
    const tokens = min(PIECE, T - t);
    toPanels(x + row * t, row, I, tokens, panels);
    for (let o = firstOf(groups) * TILE; o < last; o += SIDE) {
      const outs = min(SIDE, last - o);
      turn(dy + ((<usize>t * O + o) << 2), (<usize>O) << 2, tokens, outs, turned, TURNED_ROW);
      multiply(outs, I, tokens, turned, TURNED_ROW, 4, panels, 32, PANEL, dw + row * o, row, t > 0);
    }
  }
}

/** Rows of `columns` values, `stride` bytes from one to the next, as panels [rows][8]. */
function toPanels(from: usize, stride: usize, columns: i32, rows: i32, panels: usize): void {
  for (let r = 0; r < rows; r++, from += stride, panels += 32) {
    let to = panels;
    let i = 0;
    for (; i + 8 <= columns; i += 8, to += PANEL) {
      const at = from + ((<usize>i) << 2);
      v128.store(to, v128.load(at));
      v128.store(to, v128.load(at, 16), 16);
    }
    for (; i < columns; i++, to += 4) store<f32>(to, load<f32>(from + ((<usize>i) << 2)));
  }
}

/** dy f32 [T, O], db f32 [O], T, O */
export function biasGradient(a: usize): void {
  const T = int(a, 2);
  const O = int(a, 3);
  const vectors = (O + 3) >> 2;
  const from = (<usize>firstOf(vectors)) << 4;
  const end = min((<usize>endOf(vectors)) << 4, (<usize>O) << 2);
  const out = address(a, 1);
  if (from < end) memory.fill(out + from, 0, end - from);
  for (let t = 0, row = address(a, 0); t < T; t++, row += (<usize>O) << 2) {
    let i = from;
    for (; i + 16 <= end; i += 16) v128.store(out + i, f32x4.add(v128.load(out + i), v128.load(row + i)));
    for (; i < end; i += 4) store<f32>(out + i, load<f32>(out + i) + load<f32>(row + i));
  }
}
