// The gradients of a product with a weight. T tokens, O out, I in. Threads split what comes out, never a sum; what a sum goes over is cut into pieces that the
// caches hold, which changes no order.
import { BLOCK, FLOATS, panelBytes, ROWS } from "../layouts";
import { address, endOf, firstOf, int, thread } from "../team";
import { widenBlock, widenPanel } from "../widen";
import { multiply } from "./multiply";

/** Rows of a weight that are turned at once, and tokens that meet them there. */
const OUT = 512;
const TOKENS = 128;

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
      const from = dy + (<usize>t * O + o) * 4;
      for (let block = firstOf(blocks); block < last; block++) {
        const i = block * BLOCK;
        const columns = min(BLOCK, I - i);
        let into = turned;
        for (let at = o; at < o + outs; at += ROWS, into += ROWS * 32) {
          const codes = w + <usize>(at / ROWS) * panel + panelBytes(kind, i);
          if (kind >= FLOATS) widenPanel(kind, 0, codes, wide, columns);
          else widenBlock(kind, zero, codes, wide);
          turn(wide, into, columns);
        }
        let to = dx + (<usize>t * I + i) * 4;
        let part = turned;
        for (let c = 0; c < columns; c += 8, part += OUT * 32, to += 32) {
          multiply(tokens, min(8, columns - c), outs, from, (<usize>O) << 2, 4, part, 32, to, (<usize>I) << 2, o > 0);
        }
      }
    }
  }
}

/** 32 columns of 8 rows to 8 rows of 8 columns each, and so on OUT rows further for the next 8 columns. */
function turn(wide: usize, into: usize, columns: i32): void {
  for (let c = 0; c < columns; c += 8, wide += 256, into += OUT * 32) {
    turn4(wide, into);
    turn4(wide + 16, into + 128);
    turn4(wide + 128, into + 16);
    turn4(wide + 144, into + 144);
  }
}

/** 4 x 4 values of rows that are 32 bytes apart. */
function turn4(from: usize, to: usize): void {
  const a = v128.load(from);
  const b = v128.load(from, 32);
  const c = v128.load(from, 64);
  const d = v128.load(from, 96);
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const ef = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const gh = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(ab, cd, 0, 2));
  v128.store(to, i64x2.shuffle(ab, cd, 1, 3), 32);
  v128.store(to, i64x2.shuffle(ef, gh, 0, 2), 64);
  v128.store(to, i64x2.shuffle(ef, gh, 1, 3), 96);
}

/** dy f32 [T, O], x f32 [T, I], dw f32 [O, I], T, O, I */
export function weightGradient(a: usize): void {
  const T = int(a, 3);
  const O = int(a, 4);
  const I = int(a, 5);
  const groups = (O + 3) >> 2;
  const o = firstOf(groups) << 2;
  const outs = min(O, endOf(groups) << 2) - o;
  const dy = address(a, 0) + ((<usize>o) << 2);
  const dw = address(a, 2) + ((<usize>o * I) << 2);
  if (outs > 0) multiply(outs, I, T, dy, 4, (<usize>O) << 2, address(a, 1), (<usize>I) << 2, dw, (<usize>I) << 2, false);
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
