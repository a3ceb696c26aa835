// Contenders for attention over a paged cache: keys of a page [D][P], values [P][D], float32, causal. Both are made of the same two tiles, so that what
// differs is the softmax: in two passes (all scores of a token, then their softmax, then the values), or online (page by page, with what was
// summed so far scaled down whenever a larger score turns up). Beside them stands the engine's own.

const upTo = (n) => Array.from({ length: n }, (_, i) => i);

/** y[tokens][4 * vectors] += x[tokens][count] . w[count][4 * vectors], or = when `fresh`; strides in bytes. */
function tile(tokens, vectors) {
  const sums = upTo(tokens).flatMap((t) => upTo(vectors).map((v) => ({ t, v, name: `s${t}_${v}` })));
  const multiply = (t) =>
    `{ const v = v128.load32_splat(x + ${t} * xStride); ${upTo(vectors)
      .map((v) => `s${t}_${v} = madd(v, w${v}, s${t}_${v});`)
      .join(" ")} }`;
  return `
function tile${tokens}(x: usize, xStride: usize, w: usize, wStride: usize, y: usize, yStride: usize, count: i32, fresh: bool): void {
  ${sums.map(({ t, v, name }) => `let ${name} = fresh ? f32x4.splat(0) : v128.load(y + ${t} * yStride, ${16 * v});`).join("\n  ")}
  for (const end = x + (<usize>count << 2); x < end; x += 4, w += wStride) {
    ${upTo(vectors)
      .map((v) => `const w${v} = v128.load(w, ${16 * v});`)
      .join(" ")}
    ${upTo(tokens).map(multiply).join("\n    ")}
  }
  ${sums.map(({ t, v, name }) => `v128.store(y + ${t} * yStride, ${name}, ${16 * v});`).join("\n  ")}
}`;
}

export function attentionSource() {
  return `import { exp, madd, maxOf, sumOf } from "../../src/ops/wasm/kernels/floats";
export { attend } from "../../src/ops/wasm/kernels/attention";
${tile(4, 2)}
${tile(1, 4)}
const lanes = v128(0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0);

/** Scores of n tokens and the keys of a page. */
function score(n: i32, q: usize, row: usize, keys: usize, out: usize, outStride: usize, D: i32, P: i32): void {
  for (let key: usize = 0; key < <usize>P << 2; key += n === 4 ? 32 : 64) {
    if (n === 4) tile4(q, row, keys + key, <usize>P << 2, out + key, outStride, D, true);
    else tile1(q, row, keys + key, <usize>P << 2, out + key, outStride, D, true);
  }
}

function addValues(n: i32, weights: usize, stride: usize, values: usize, y: usize, row: usize, D: i32, count: i32): void {
  for (let c: usize = 0; c < <usize>D << 2; c += n === 4 ? 32 : 64) {
    if (n === 4) tile4(weights, stride, values + c, <usize>D << 2, y + c, row, count, false);
    else tile1(weights, stride, values + c, <usize>D << 2, y + c, row, count, false);
  }
}

/** The largest of \`count\` scores, which are scaled on the way; those behind them, to the end of the vector, become -infinity. */
function scaled(at: usize, count: i32, factor: v128): f32 {
  let most = f32x4.splat(-Infinity);
  for (let i = 0; i < count; i += 4, at += 16) {
    const s = v128.bitselect(f32x4.mul(v128.load(at), factor), f32x4.splat(-Infinity), i32x4.lt_s(lanes, i32x4.splat(count - i)));
    v128.store(at, s);
    most = f32x4.max(most, s);
  }
  return maxOf(most);
}

/** Scores to e^(score - most). @returns their sum */
function exponentials(at: usize, count: i32, most: f32): f32 {
  const shift = f32x4.splat(most);
  let sum = f32x4.splat(0);
  for (let i = 0; i < count; i += 4, at += 16) {
    const weight = exp(f32x4.sub(v128.load(at), shift));
    v128.store(at, weight);
    sum = f32x4.add(sum, weight);
  }
  return sumOf(sum);
}

function multiply(y: usize, n: i32, factor: f32): void {
  for (let i: usize = 0; i < <usize>n << 2; i += 16) v128.store(y + i, f32x4.mul(v128.load(y + i), f32x4.splat(factor)));
}

/** Keys of a page that a token sees. */
function seen(end: i32, base: i32, P: i32): i32 {
  return max(0, min(P, end - base));
}

/** q, y [T][H * D]; token t sees keys [0, before + t + 1); scratch: 4 rows of scores and 8 floats */
export function twoPasses(q: usize, keys: usize, values: usize, y: usize, T: i32, before: i32, H: i32, K: i32, D: i32, P: i32, scratch: usize): void {
  const row = <usize>(H * D) << 2, piece = <usize>(D * P) << 2, factor = f32x4.splat(1 / Mathf.sqrt(<f32>D));
  const stride = <usize>((before + T + P) & ~3) << 2;
  for (let t = 0; t < T; t += 4) {
    const n = T - t < 4 ? 1 : 4, end = before + t + n;
    for (let h = 0; h < H; h++) {
      const at = row * t + (<usize>(h * D) << 2), head = h * K / H;
      for (let base = 0; base < end; base += P) score(n, q + at, row, keys + piece * (base / P * K + head), scratch + (<usize>base << 2), stride, D, P);
      for (let i = 0; i < n; i++) {
        const scores = scratch + stride * i, count = before + t + i + 1;
        const sum = exponentials(scores, count, scaled(scores, count, factor));
        multiply(scores, count, 1 / sum);
        memory.fill(scores + (<usize>count << 2), 0, <usize>(end - count) << 2);
        memory.fill(y + at + row * i, 0, <usize>D << 2);
      }
      for (let base = 0; base < end; base += P) {
        addValues(n, scratch + (<usize>base << 2), stride, values + piece * (base / P * K + head), y + at, row, D, seen(end, base, P));
      }
    }
  }
}

export function online(q: usize, keys: usize, values: usize, y: usize, T: i32, before: i32, H: i32, K: i32, D: i32, P: i32, scratch: usize): void {
  const row = <usize>(H * D) << 2, piece = <usize>(D * P) << 2, factor = f32x4.splat(1 / Mathf.sqrt(<f32>D));
  const stride = <usize>P << 2, most = scratch + 4 * stride, sums = most + 16;
  for (let t = 0; t < T; t += 4) {
    const n = T - t < 4 ? 1 : 4, end = before + t + n;
    for (let h = 0; h < H; h++) {
      const at = row * t + (<usize>(h * D) << 2), head = h * K / H;
      for (let i = 0; i < n; i++) {
        store<f32>(most + (<usize>i << 2), -Infinity);
        store<f32>(sums + (<usize>i << 2), 0);
        memory.fill(y + at + row * i, 0, <usize>D << 2);
      }
      for (let base = 0; base < end; base += P) {
        score(n, q + at, row, keys + piece * (base / P * K + head), scratch, stride, D, P);
        for (let i = 0; i < n; i++) {
          const scores = scratch + stride * i, count = seen(before + t + i + 1, base, P), place = <usize>i << 2;
          const old = load<f32>(most + place), largest = max(old, scaled(scores, count, factor));
          if (largest > old) {
            const shrink = f32x4.extract_lane(exp(f32x4.splat(old - largest)), 0);
            store<f32>(most + place, largest);
            store<f32>(sums + place, load<f32>(sums + place) * shrink);
            multiply(y + at + row * i, D, shrink);
          }
          store<f32>(sums + place, load<f32>(sums + place) + exponentials(scores, count, largest));
          memory.fill(scores + (<usize>count << 2), 0, <usize>(P - count) << 2);
        }
        addValues(n, scratch, stride, values + piece * (base / P * K + head), y + at, row, D, seen(end, base, P));
      }
      for (let i = 0; i < n; i++) multiply(y + at + row * i, D, 1 / load<f32>(sums + (<usize>i << 2)));
    }
  }
}`;
}
