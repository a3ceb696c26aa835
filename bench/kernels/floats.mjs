// Contenders for the product of float32 that training is made of: c[m][n] += sum over k, ascending, of a[k][m] * b[k][n]. A tile keeps rows x columns of c in
// registers; panels of a and b lie as it walks, value after value. Beside them the engine's own, and what the processor gives when nothing is loaded.

const upTo = (n) => Array.from({ length: n }, (_, i) => i);

/** Rows and columns of a tile, steps of k written out, and how a lies: panels [k][rows], or rows [m][k] as activations come. */
export const contenders = [
  ...[
    [4, 8],
    [6, 8],
    [8, 8],
    [4, 16],
    [6, 16],
    [12, 8],
  ].flatMap(([rows, columns]) => [1, 2, 4].map((steps) => ({ rows, columns, steps, packed: true }))),
  { rows: 4, columns: 8, steps: 1, packed: false },
  { rows: 6, columns: 8, steps: 1, packed: false },
  { rows: 8, columns: 8, steps: 1, packed: false },
].map((each) => ({ ...each, name: `${each.packed ? "panels" : "rows"}${each.rows}x${each.columns}_${each.steps}` }));

export function floatsSource() {
  return [
    `import { madd } from "../../src/ops/wasm/kernels/floats";`,
    `import { multiply, useJoinedVectors } from "../../src/ops/wasm/kernels/multiply";`,
    ...contenders.flatMap((each) => [tile(each), walk(each)]),
    engine,
    peak,
  ].join("\n");
}

function tile({ name, rows, columns, steps, packed }) {
  const vectors = upTo(columns / 4);
  const each = (f) => upTo(rows).flatMap((m) => vectors.map((v) => f(m, v)));
  const step = (s) => [
    "{",
    ...vectors.map((v) => `const b${v} = v128.load(b, ${4 * columns * s + 16 * v});`),
    ...upTo(rows).map((m) => {
      const splat = packed ? `v128.load32_splat(a, ${4 * rows * s + 4 * m})` : `v128.load32_splat(a${m}, ${4 * s})`;
      return `{ const v = ${splat}; ${vectors.map((v) => `s${m}_${v} = madd(v, b${v}, s${m}_${v});`).join(" ")} }`;
    }),
    "}",
  ];
  return [
    `function tile_${name}(a: usize, rowA: usize, b: usize, c: usize, rowC: usize, K: i32): void {`,
    ...each((m, v) => `let s${m}_${v} = v128.load(c + ${m} * rowC, ${16 * v});`),
    ...(packed ? [] : upTo(rows).map((m) => `let a${m} = a + ${m} * rowA;`)),
    `for (const end = b + <usize>K * ${4 * columns}; b < end; b += ${4 * columns * steps}) {`,
    ...upTo(steps).flatMap(step),
    ...(packed ? [`a += ${4 * rows * steps};`] : upTo(rows).map((m) => `a${m} += ${4 * steps};`)),
    "}",
    ...each((m, v) => `v128.store(c + ${m} * rowC, s${m}_${v}, ${16 * v});`),
    "}",
  ].join("\n");
}

function walk({ name, rows, columns }) {
  return `
export function ${name}(a: usize, b: usize, c: usize, M: usize, N: usize, K: usize): void {
  memory.fill(c, 0, M * N * 4);
  for (let n: usize = 0; n < N; n += ${columns}) {
    for (let m: usize = 0; m < M; m += ${rows}) tile_${name}(a + m * K * 4, K * 4, b + n * K * 4, c + (m * N + n) * 4, N * 4, <i32>K);
  }
}`;
}

const engine = `
export function engine(a: usize, b: usize, c: usize, M: usize, N: usize, K: usize): void {
  useJoinedVectors(false);
  multiply(<i32>M, <i32>N, <i32>K, a, K * 4, 4, b, 32, K * 32, c, N * 4, false);
}
export function engineJoined(a: usize, b: usize, c: usize, M: usize, N: usize, K: usize): void {
  useJoinedVectors(true);
  multiply(<i32>M, <i32>N, <i32>K, a, K * 4, 4, b, 32, K * 32, c, N * 4, false);
}`;

/** As many products of what is in registers already, in ten sums so that none waits for the one before. */
const peak = `
export function peak(a: usize, b: usize, c: usize, M: usize, N: usize, K: usize): void {
  const v = v128.load32_splat(a), w0 = v128.load(b), w1 = v128.load(b, 16);
  ${upTo(10)
    .map((i) => `let s${i} = v128.load(c, ${16 * i});`)
    .join(" ")}
  for (let i: usize = 0; i < M * N * K; i += 40) {
    ${upTo(10)
      .map((i) => `s${i} = madd(v, w${i % 2}, s${i});`)
      .join(" ")}
  }
  ${upTo(10)
    .map((i) => `v128.store(c, s${i}, ${16 * i});`)
    .join(" ")}
}`;
