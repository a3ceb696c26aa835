// Attention to measure: random queries, keys and values of a model's shape in pages, and the results in plain numbers.
import { randomIntegers } from "./random.mjs";

const shape = { H: 9, K: 3, D: 64, P: 32 }; // heads, key/value heads, channels, keys in a page

export const jobs = [
  { tokens: 1, before: 1023 },
  { tokens: 128, before: 512 },
];

export function prepare({ tokens, before }, { memory, exports, place }) {
  const { H, K, D, P } = shape;
  const random = randomIntegers(7654321);
  const normals = (n) => Float32Array.from({ length: n }, () => (random(2001) + random(2001) + random(2001) - 3000) / 1000);
  const pages = Math.ceil((before + tokens) / P);
  const q = normals(tokens * H * D);
  const keys = normals(pages * K * D * P); // [page][head][channel][key]
  const values = normals(pages * K * P * D); // [page][head][key][channel]
  const expected = plainAttention(q, keys, values, tokens, before);

  const put = (name, array) =>
    place(name, (at) => {
      new array.constructor(memory.buffer, at, array.length).set(array);
      return array.byteLength;
    });
  const [atQ, atKeys, atValues] = [put("q", q), put("keys", keys), put("values", values)];
  const first = put("first", new Int32Array(tokens));
  const end = put(
    "end",
    Int32Array.from({ length: tokens }, (_, t) => before + t + 1),
  );
  const sequence = put("sequence", new Int32Array(tokens));
  const table = put(
    "pages",
    Int32Array.from({ length: pages }, (_, page) => page),
  );
  const mostKeys = pages * P + P + 8;
  const scratchBytes = 4 * (D * P + 24 + 24 * mostKeys);
  const scratch = put("scratch", new Uint8Array(scratchBytes));
  const scale = new Int32Array(Float32Array.of(1 / Math.sqrt(D)).buffer)[0];
  /** The words of the engine's command. */
  const words = (y) => [
    ...[atQ, atKeys, atValues, y, first, end, sequence, table, pages, tokens],
    ...[H, K, D, P, 0, scale, 0, 0, mostKeys, scratch, scratchBytes],
  ];
  const command = put("command", Int32Array.from(words(0)));

  const contenders = {
    "two passes": (y) => exports.twoPasses(atQ, atKeys, atValues, y, tokens, before, H, K, D, P, scratch),
    online: (y) => exports.online(atQ, atKeys, atValues, y, tokens, before, H, K, D, P, scratch),
    "two passes, the engine's": (y) => {
      new Int32Array(memory.buffer, command, 21).set(words(y));
      exports.attend(command);
    },
  };
  return Object.entries(contenders).map(([name, run]) => ({
    name,
    table: "attention",
    job: tokens,
    line: name,
    column: tokens === 1 ? "1 token" : `${tokens} tokens`,
    used: name.endsWith("engine's"),
    macs: 2 * H * D * (tokens * before + (tokens * (tokens + 1)) / 2),
    resultBytes: 4 * q.length,
    run,
    wrong: (results) => {
      const y = new Float32Array(memory.buffer, results, q.length);
      const i = y.findIndex((got, at) => !(Math.abs(got - expected[at]) <= 1e-5));
      return i < 0 ? undefined : `value ${i}: ${y[i]}, expected ${expected[i]}`;
    },
  }));
}

/** In float64. */
function plainAttention(q, keys, values, tokens, before) {
  const { H, K, D, P } = shape;
  const y = new Float64Array(q.length);
  for (let t = 0; t < tokens; t++) {
    for (let h = 0; h < H; h++) {
      const at = (t * H + h) * D;
      const piece = (key) => (Math.floor(key / P) * K + Math.floor((h * K) / H)) * D * P;
      const scores = Float64Array.from({ length: before + t + 1 }, (_, key) => {
        let sum = 0;
        for (let c = 0; c < D; c++) sum += q[at + c] * keys[piece(key) + c * P + (key % P)];
        return sum / Math.sqrt(D);
      });
      const most = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - most));
      const sum = weights.reduce((total, weight) => total + weight, 0);
      weights.forEach((weight, key) => {
        for (let c = 0; c < D; c++) y[at + c] += (weight / sum) * values[piece(key) + (key % P) * D + c];
      });
    }
  }
  return y;
}
