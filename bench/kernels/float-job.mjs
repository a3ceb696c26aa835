// A product of float32 to measure: matrices of a small model's size, laid out for a contender, and what the sums must be in plain numbers.
import { contenders } from "./floats.mjs";
import { randomIntegers } from "./random.mjs";

/** Tokens, rows of a weight and columns of it, in multiples of every tile. */
const [M, N, K] = [192, 672, 256];

export const jobs = [0];

export function prepare(_job, { memory, exports, place, revectorize }) {
  const random = randomIntegers(2468);
  const a = Float32Array.from({ length: M * K }, () => (random(2001) - 1000) / 1000);
  const b = Float32Array.from({ length: N * K }, () => (random(2001) - 1000) / 1000);
  const expected = new Float64Array(M * N);
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) for (let k = 0; k < K; k++) expected[m * N + n] += a[m * K + k] * b[n * K + k];
  }
  /** Rows of K values as panels of so many rows, [k][rows]. */
  const panels = (name, values, rows) =>
    place(`${name} ${rows}`, (at) => {
      const into = new Float32Array(memory.buffer, at, values.length);
      values.forEach((value, i) => {
        const [row, k] = [Math.floor(i / K), i % K];
        into[(row - (row % rows)) * K + k * rows + (row % rows)] = value;
      });
      return values.byteLength;
    });
  const entrant = (name, line, steps, from, panel, more = {}) => {
    const [atA, atB] = [panels("a", a, from), panels("b", b, panel)];
    return {
      name,
      table: "float32",
      job: 0,
      line,
      column: `${steps} step${steps > 1 ? "s" : ""}`,
      used: false,
      macs: M * N * K,
      resultBytes: 4 * M * N,
      run: (c) => exports[name](atA, atB, c, M, N, K),
      wrong: (results) => {
        const c = new Float32Array(memory.buffer, results, M * N);
        const i = c.findIndex((got, at) => !(Math.abs(got - expected[at]) <= 1e-4));
        return i < 0 ? undefined : `value ${i}: ${c[i]}, expected ${expected[i]}`;
      },
      ...more,
    };
  };
  return [
    entrant("engine", "the engine's 6 x 8", 1, 1, 8, { used: !revectorize }),
    entrant("engineJoined", "the engine's 6 x 16, two panels", 1, 1, 8, { used: revectorize }),
    ...contenders.map(({ name, rows, columns, steps, packed }) =>
      entrant(name, `${rows} x ${columns}, a in ${packed ? "panels" : "rows"}`, steps, packed ? rows : 1, columns),
    ),
    entrant("peak", "nothing loaded", 1, 1, 8, { wrong: () => undefined }),
  ];
}
