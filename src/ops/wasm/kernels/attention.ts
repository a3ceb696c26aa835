// Attention with an online softmax (Milakov & Gimelshein 2018): keys ascending, one at a time, the same steps for one query or many.
// H heads, K key/value heads, D headDim, T tokens. Keys are rows of [K * D] found through a page table; without a cache there is one endless page.
import { dot } from "./linear";

/**
 * @param pages    int32 [sequences, pagesEach]
 * @param sequence int32 [T]: each token's row in pages
 * @param slopes   f32 [H], or 0
 * @param softcap  0 for none
 */
export function attend(
  q: usize,
  k: usize,
  v: usize,
  y: usize,
  T: i32,
  H: i32,
  K: i32,
  D: i32,
  scale: f32,
  softcap: f32,
  slopes: usize,
  first: usize,
  end: usize,
  sequence: usize,
  pages: usize,
  pagesEach: i32,
  pageSize: i32,
): void {
  for (let t = 0; t < T; t++) {
    const from = load<i32>(first + ((<usize>t) << 2));
    const to = load<i32>(end + ((<usize>t) << 2));
    const table = pages + ((<usize>load<i32>(sequence + ((<usize>t) << 2)) * pagesEach) << 2);
    for (let h = 0; h < H; h++) {
      const query = q + ((<usize>(t * H + h) * D) << 2);
      const out = y + ((<usize>(t * H + h) * D) << 2);
      memory.fill(out, 0, (<usize>D) << 2);
      let largest: f32 = -Infinity;
      let sum: f32 = 0;
      for (let key = from; key < to; key++) {
        const row = <usize>load<i32>(table + ((<usize>(key / pageSize)) << 2)) * pageSize + (key % pageSize);
        const at = (row * K * D + <usize>((h * K) / H) * D) << 2;
        let score = scale * dot(query, k + at, D);
        if (softcap !== 0) score = softcap * Mathf.tanh(score / softcap);
        if (slopes) score -= load<f32>(slopes + ((<usize>h) << 2)) * <f32>(to - 1 - key);
        if (score > largest) {
          const shrink = Mathf.exp(largest - score); // 0 for the first key
          sum *= shrink;
          scaleRow(out, shrink, D);
          largest = score;
        }
        const weight = Mathf.exp(score - largest);
        sum += weight;
        addScaled(out, v + at, weight, D);
      }
      if (to > from) scaleRow(out, 1 / sum, D);
    }
  }
}

function scaleRow(row: usize, factor: f32, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4, row += 16) v128.store(row, f32x4.mul(v128.load(row), f32x4.splat(factor)));
  for (; i < n; i++, row += 4) store<f32>(row, load<f32>(row) * factor);
}

function addScaled(row: usize, x: usize, factor: f32, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4, row += 16, x += 16) {
    v128.store(row, f32x4.add(v128.load(row), f32x4.mul(v128.load(x), f32x4.splat(factor))));
  }
  for (; i < n; i++, row += 4, x += 4) store<f32>(row, load<f32>(row) + load<f32>(x) * factor);
}
