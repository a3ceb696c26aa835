// One order of summation: what a token gets is equal bit for bit alone, in chunks, and among other tokens in any order.
import type { Ops, Tensor, Weight } from "../ops.ts";
import { attentionSpec, causal, type Ranges, viewOf } from "./attention-cases.ts";
import { type Bench, bench, type ConformanceCase, joined, normals, type OpName } from "./case.ts";
import { EIGHT_BITS, isBlock, matrices, SUM, weightTypes } from "./matrix-cases.ts";

const TOKENS = 37;
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Lists of calls, each a list of tokens; together the calls of a way cover all tokens. */
const ways: readonly (readonly (readonly number[])[])[] = [
  [upTo(TOKENS)],
  upTo(TOKENS).map((t) => [t]),
  [upTo(3), upTo(16).map((i) => i + 3), upTo(18).map((i) => i + 19)],
  [upTo(TOKENS).reverse()],
  upTo(TOKENS).map((t) => [(t * 5) % TOKENS, t, (t * 11) % TOKENS, t]),
  upTo(5).map((start) => upTo(TOKENS).filter((t) => t % 5 === start)),
];

const VOCAB = 11;
/** In place of a width: the argument is a token id below VOCAB. */
const IDS = 0;

/** An op whose result has a row for each row of its arguments. */
interface RowOp {
  name: string;
  op: OpName;
  tolerance: number;
  /** Numbers in a row of each argument. */
  widths: readonly number[];
  /** Makes the weights once and gives the op of one or two arguments. */
  make<T extends Tensor, W extends Weight>(bench: Bench<T, W>): (x: T, y: T) => T;
}

function invariant({ name, op, tolerance, widths, make }: RowOp): ConformanceCase {
  return {
    name: `${name}: same bits alone, batched, in chunks`,
    ops: [op],
    tolerance,
    sameBits: true,
    async run(ops) {
      const b = bench(ops);
      const apply = make(b);
      const columns = widths.map((width) =>
        width === IDS ? Int32Array.from({ length: TOKENS }, () => b.rng.integer(VOCAB)) : normals(b.rng, TOKENS * width),
      );
      const compute = (tokens: readonly number[]): Promise<Float32Array> =>
        ops.read(
          ops.scope(() => {
            const [x, y] = columns.map((values) => pick(ops, values, tokens));
            return apply(x, y);
          }),
        );
      const results: Float32Array[] = [];
      for (const way of ways) results.push(await scatter(way, compute));
      return results;
    },
  };
}

/** Computes the rows of each list of tokens, and puts them in the order of the tokens. */
async function scatter(
  way: readonly (readonly number[])[],
  compute: (tokens: readonly number[]) => Promise<Float32Array>,
): Promise<Float32Array> {
  let result = new Float32Array(0);
  for (const tokens of way) {
    const rows = await compute(tokens);
    const width = rows.length / tokens.length;
    if (result.length === 0) result = new Float32Array(TOKENS * width);
    tokens.forEach((t, i) => {
      result.set(rows.subarray(i * width, (i + 1) * width), t * width);
    });
  }
  return result;
}

function pick<T extends Tensor, W extends Weight>(ops: Ops<T, W>, values: Float32Array | Int32Array, tokens: readonly number[]): T {
  if (values instanceof Int32Array) return ops.input(Int32Array.from(tokens, (t) => values[t]));
  const width = values.length / TOKENS;
  return ops.input(joined(tokens.map((t) => values.subarray(t * width, (t + 1) * width))), [tokens.length, width]);
}

const rowOps: readonly RowOp[] = [
  ...weightTypes.flatMap((type): RowOp[] => {
    const [out, inner] = matrices(type)[1];
    return [
      {
        name: `linear ${type}`,
        op: "linear",
        tolerance: isBlock(type) ? EIGHT_BITS : SUM,
        widths: [inner],
        make: ({ ops, weight }) => {
          const w = weight([out + 1, inner], type);
          return (x) => ops.linear(x, w);
        },
      },
      {
        name: `embed ${type}`,
        op: "embed",
        tolerance: SUM,
        widths: [IDS],
        make: ({ ops, weight }) => {
          const table = weight([VOCAB, inner], type);
          return (ids) => ops.embed(table, ids);
        },
      },
    ];
  }),
  {
    name: "linear of long rows, with a bias",
    op: "linear",
    tolerance: SUM,
    widths: [1030],
    make: ({ ops, weight }) => {
      const [w, bias] = [weight([67, 1030]), weight([67])];
      return (x) => ops.linear(x, w, bias);
    },
  },
  {
    name: "rmsNorm",
    op: "rmsNorm",
    tolerance: SUM,
    widths: [300],
    make: ({ ops, weight }) => {
      const gain = weight([300]);
      return (x) => ops.rmsNorm(x, gain, 1e-5);
    },
  },
  {
    name: "layerNorm",
    op: "layerNorm",
    tolerance: SUM,
    widths: [300],
    make: ({ ops, weight }) => {
      const [gain, bias] = [weight([300]), weight([300])];
      return (x) => ops.layerNorm(x, gain, bias, 1e-5);
    },
  },
  {
    name: "rope",
    op: "rope",
    tolerance: SUM,
    widths: [60, 12],
    make:
      ({ ops }) =>
      (x, rotation) =>
        ops.rope(x, rotation, 20),
  },
  {
    name: "add",
    op: "add",
    tolerance: SUM,
    widths: [37, 37],
    make:
      ({ ops }) =>
      (x, y) =>
        ops.add(x, y),
  },
  {
    name: "activation",
    op: "activation",
    tolerance: SUM,
    widths: [37],
    make:
      ({ ops }) =>
      (x) =>
        ops.activation("gelu-tanh", x),
  },
  {
    name: "gatedActivation",
    op: "gatedActivation",
    tolerance: SUM,
    widths: [37, 37],
    make:
      ({ ops }) =>
      (gate, up) =>
        ops.gatedActivation("silu", gate, up),
  },
  {
    name: "softcap",
    op: "softcap",
    tolerance: SUM,
    widths: [37],
    make:
      ({ ops }) =>
      (x) =>
        ops.softcap(x, 0.7),
  },
  {
    name: "logProbs",
    op: "logProbs",
    tolerance: SUM,
    widths: [VOCAB, IDS],
    make:
      ({ ops }) =>
      (logits, targets) =>
        ops.logProbs(logits, targets),
  },
];

const spec = attentionSpec(4, 2, 20);

/** One document of 37 tokens among others: cut into calls of queries, at other places of the flat list. */
const attend = (name: string, ranges: Ranges): ConformanceCase => ({
  name: `attend: same bits alone, batched, in chunks, ${name}`,
  ops: ["attend"],
  tolerance: SUM,
  sameBits: true,
  async run(ops) {
    const b = bench(ops);
    const width = spec.nHeads * spec.headDim;
    const keyWidth = spec.nKvHeads * spec.headDim;
    const [q, k, v] = [normals(b.rng, TOKENS * width), normals(b.rng, TOKENS * keyWidth), normals(b.rng, TOKENS * keyWidth)];

    /** The document behind `before` rows of another one, and in front of as many. */
    const placed = (before: number, tokens: readonly number[]): Promise<Float32Array> => {
      const among = (rows: Float32Array, rowWidth: number): Float32Array =>
        joined([normals(b.rng, before * rowWidth), rows, normals(b.rng, before * rowWidth)]);
      const keys = 2 * before + TOKENS;
      return ops.read(
        ops.scope(() =>
          ops.attend(
            pick(ops, q, tokens),
            ops.input(among(k, keyWidth), [keys, keyWidth]),
            ops.input(among(v, keyWidth), [keys, keyWidth]),
            viewOf(
              b,
              tokens.map((t) => [ranges[t][0] + before, ranges[t][1] + before]),
            ),
            spec,
          ),
        ),
      );
    };
    const results: Float32Array[] = [];
    for (const before of [0, 1, 7, 16]) for (const way of ways) results.push(await scatter(way, (tokens) => placed(before, tokens)));
    return results;
  },
});

export const rowInvarianceCases: readonly ConformanceCase[] = [
  ...rowOps.map(invariant),
  attend("causal", causal(TOKENS)),
  attend("window", causal(TOKENS, 10)),
  attend(
    "bidirectional",
    upTo(TOKENS).map(() => [0, TOKENS] as const),
  ),
];
