// The suite itself: it covers the contract, the reference passes it, and backends that are wrong in one way each do not.
import { describe, expect, it } from "vitest";
import { UnsupportedError, UsageError } from "../errors.ts";
import { type ConformanceResult, conformanceCases, type OpName, runConformance } from "./conformance.ts";
import type { AttentionView, Ops } from "./ops.ts";
import { createReference, type RefTensor, type RefWeight } from "./reference/index.ts";
import { f64, type RefKvCache } from "./reference/values.ts";

type Reference = Ops<RefTensor, RefWeight>;

const plumbing: readonly OpName[] = ["input", "read", "weight", "exportWeight", "kvCache", "scope", "dispose"];
const namesOf = (results: readonly ConformanceResult[], outcome: ConformanceResult["outcome"]): string[] =>
  results.filter((result) => result.outcome === outcome).map(({ name }) => name);

describe("the suite", () => {
  it("names each case once", () => {
    expect(new Set(conformanceCases.map(({ name }) => name)).size).toBe(conformanceCases.length);
  });

  it("has a case for every op of the contract", () => {
    const covered = new Set(conformanceCases.flatMap(({ ops }) => ops));
    const contract = Object.keys(createReference()).filter((name) => name !== "backend") as OpName[];
    expect(contract.filter((op) => !covered.has(op) && !plumbing.includes(op))).toEqual([]);
  });

  it("asks for gradients in cases of their own, so that a backend without them shows all else", () => {
    const backward = conformanceCases.filter(({ ops }) => ops.some((op) => /Backward$|Gradient$/.test(op))).map(({ name }) => name);
    expect(backward).toEqual(conformanceCases.map(({ name }) => name).filter((name) => name.includes("gradient")));
  });

  it("calls the ops that a case is about", async () => {
    for (const { name, ops: promised, run } of conformanceCases) {
      const called = new Set<string>();
      await run(
        new Proxy(createReference(), {
          get(target, op: OpName) {
            called.add(op);
            return target[op];
          },
        }),
      );
      expect(promised.filter((op) => !called.has(op))).toEqual([]);
      expect(called.size, name).toBeGreaterThan(0);
    }
  });

  it("is passed by the reference, with the same bits in every case", async () => {
    const results = await runConformance(createReference(), createReference());
    expect(results.map(({ reason }) => reason).filter(Boolean)).toEqual([]);
    expect(namesOf(results, "pass")).toHaveLength(conformanceCases.length);
    expect(Math.max(...results.map(({ worst }) => worst))).toBe(0);
  });
});

/** The reference with something wrong, and how the names of the cases begin that must notice. */
interface Sabotage {
  what: string;
  wrong(ops: Reference): Partial<Reference>;
  caught: string;
}

const zeros = (x: RefTensor): RefTensor => ({ ...x, data: x.data.map(() => 0) });

/** Float32 sums, in ascending order for a single token and in descending order for several. */
const linearInTwoOrders: Reference["linear"] = (x, w, bias) => {
  const [out, inner] = w.shape;
  const [tokens] = x.shape;
  const y = f64([tokens, out]);
  for (let t = 0; t < tokens; t++) {
    for (let o = 0; o < out; o++) {
      let sum = 0;
      for (let j = 0; j < inner; j++) {
        const i = tokens === 1 ? j : inner - 1 - j;
        sum = Math.fround(sum + Math.fround(x.data[t * inner + i] * w.data[o * inner + i]));
      }
      y.data[t * out + o] = sum + (bias ? bias.data[o] : 0);
    }
  }
  return y;
};

/** A last bit that depends on where in the flat list a token stands. */
const nudgedByPlace = (y: RefTensor): RefTensor =>
  f64(
    y.shape,
    Float64Array.from(y.data, (v, i) => (i < y.shape[1] ? v : v * (1 + 2e-7))),
  );

const withView =
  (ops: Reference, change: (view: AttentionView<RefTensor>) => AttentionView<RefTensor>): Reference["attend"] =>
  (q, k, v, view, spec) =>
    ops.attend(q, k, v, change(view), spec);

const sabotages: readonly Sabotage[] = [
  {
    what: "drops the window",
    wrong: (ops) => ({ attend: withView(ops, (view) => ({ ...view, first: zeros(view.first) })) }),
    caught: "attend: sliding window",
  },
  {
    what: "drops the window of paged keys",
    wrong: (ops) => ({ attend: withView(ops, (view) => (view.paged ? { ...view, first: zeros(view.first) } : view)) }),
    caught: "attend, paged: sliding window",
  },
  {
    what: "takes pages in the order of the pool",
    wrong: (ops) => ({
      attend: withView(ops, (view) => {
        if (!view.paged) return view;
        const { pages } = view.paged;
        return { ...view, paged: { ...view.paged, pages: { ...pages, data: pages.data.slice().sort() } } };
      }),
    }),
    caught: "attend, paged: pages of 16",
  },
  {
    what: "mixes the layers of the cache",
    wrong: (ops) => ({ attend: (q, k, v, view, spec) => ops.attend(q, k, v, view, { ...spec, layer: 0 }) }),
    caught: "attend, paged: layers apart",
  },
  { what: "copies no pages", wrong: () => ({ copyPages: () => {} }), caught: "copyPages: " },
  {
    what: "copies pages of the first layer only",
    wrong: (ops) => ({
      copyPages: (cache, from, to) => {
        const { layout, keys, values } = cache as RefKvCache;
        ops.copyPages({ layout, keys: keys.slice(0, 1), values: values.slice(0, 1) } as RefKvCache, from, to);
      },
    }),
    caught: "copyPages: ",
  },
  {
    what: "ignores the softcap of scores",
    wrong: (ops) => ({ attend: (q, k, v, view, spec) => ops.attend(q, k, v, view, { ...spec, softcap: undefined }) }),
    caught: "attend: softcap",
  },
  {
    what: "ignores ALiBi",
    wrong: (ops) => ({ attend: (q, k, v, view, spec) => ops.attend(q, k, v, view, { ...spec, alibiSlopes: undefined }) }),
    caught: "attend: ALiBi",
  },
  {
    what: "forgets the softcap in the gradient",
    wrong: (ops) => ({
      attendBackward: (dy, y, q, k, v, view, spec) => ops.attendBackward(dy, y, q, k, v, view, { ...spec, softcap: undefined }),
    }),
    caught: "attend: gradient, softcap",
  },
  {
    what: "gives the mean of values where a range is empty",
    wrong: (ops) => ({
      attend: withView(ops, (view) => ({
        ...view,
        end: { ...view.end, data: view.end.data.map((end, t) => Math.max(end, view.first.data[t] + 1)) },
      })),
    }),
    caught: "attend: empty ranges",
  },
  { what: "sums in another order for several tokens", wrong: () => ({ linear: linearInTwoOrders }), caught: "linear F32: same bits" },
  {
    what: "attends with other bits in a batch",
    wrong: (ops) => ({ attend: (...args) => nudgedByPlace(ops.attend(...args)) }),
    caught: "attend: same bits alone, batched, in chunks, causal",
  },
  {
    what: "attends with other bits in a batch, through a cache",
    wrong: (ops) => ({ attend: (...args) => nudgedByPlace(ops.attend(...args)) }),
    caught: "attend, paged: same bits however cut, pages of 16",
  },
  {
    what: "normalises with other bits in a batch",
    wrong: (ops) => ({ rmsNorm: (...args) => nudgedByPlace(ops.rmsNorm(...args)) }),
    caught: "rmsNorm: same bits",
  },
  { what: "drops the bias", wrong: (ops) => ({ linear: (x, w) => ops.linear(x, w) }), caught: "linear: bias" },
  {
    what: "averages over the whole row",
    wrong: (ops) => ({ rmsNorm: (x, gain, eps) => ops.rmsNorm(x, gain, eps) }),
    caught: "rmsNorm: part of the row",
  },
  {
    what: "has another epsilon",
    wrong: (ops) => ({ rmsNorm: (x, gain, _eps, part) => ops.rmsNorm(x, gain, 1e-5, part) }),
    caught: "rmsNorm: zero, tiny",
  },
  { what: "turns heads forward in the gradient", wrong: (ops) => ({ ropeBackward: ops.rope }), caught: "rope: gradient" },
  {
    what: "takes the fast gelu for the exact one",
    wrong: (ops) => ({ activation: (kind, x) => ops.activation(kind === "gelu" ? "gelu-tanh" : kind, x) }),
    caught: "activation gelu",
  },
  {
    what: "keeps the last gradient of a repeated id",
    wrong: () => ({
      embedBackward: (dy, table, ids) => {
        const dtable = f64(table.shape);
        ids.data.forEach((id, t) => {
          dtable.data.set(dy.data.subarray(t * dy.shape[1], (t + 1) * dy.shape[1]), id * dy.shape[1]);
        });
        return dtable;
      },
    }),
    caught: "embed: gradient of repeated ids",
  },
  {
    what: "takes the norm of the first only",
    wrong: (ops) => ({ globalNorm: ([x]) => ops.globalNorm([x]) }),
    caught: "globalNorm: ",
  },
  {
    what: "clips nothing",
    wrong: (ops) => ({ adamW: (w, m, v, gradient, step) => ops.adamW(w, m, v, gradient, { ...step, clip: undefined }) }),
    caught: "adamW: weights and moments",
  },
  {
    what: "forgets to correct the moments",
    wrong: (ops) => ({ adamW: (w, m, v, gradient, step) => ops.adamW(w, m, v, gradient, { ...step, step: 1000 }) }),
    caught: "adamW: weights and moments",
  },
  {
    what: "updates no weights",
    wrong: () => ({ adamW: () => {} }),
    caught: "adamW: a weight is what it was",
  },
  {
    what: "counts masked targets",
    wrong: (ops) => ({
      logProbs: (logits, targets) => ops.logProbs(logits, { ...targets, data: targets.data.map((id) => Math.max(0, id)) }),
    }),
    caught: "logProbs: masked targets",
  },
  {
    what: "reuses the memory of what a scope returns",
    wrong: () => ({
      scope: (body) => {
        const kept = body();
        if (kept && typeof kept === "object" && "sum" in kept) (kept.sum as RefTensor).data.fill(0);
        return kept;
      },
    }),
    caught: "scope: what it returns",
  },
  {
    what: "gives NaN",
    wrong: () => ({ softcap: (x) => f64(x.shape, new Float64Array(x.data.length).fill(Number.NaN)) }),
    caught: "softcap",
  },
];

describe("a backend fails that", () => {
  it.each(sabotages)("$what", async ({ wrong, caught }) => {
    const reference = createReference();
    const cases = conformanceCases.filter(({ name }) => name.startsWith(caught));
    expect(cases.length).toBeGreaterThan(0);
    const results = await runConformance({ ...reference, ...wrong(reference) }, reference, { cases });
    expect(namesOf(results, "fail")).toContain(cases[0].name);
    expect(results[0].reason).toMatch(/value \d+ .*expected/);
  });
});

describe("a backend without an op", () => {
  const reference = createReference();
  const without: Reference = {
    ...reference,
    softcap: () => {
      throw new UnsupportedError("softcap: this backend has none");
    },
  };
  const cases = conformanceCases.filter(({ ops }) => ops.includes("softcap"));
  const [first] = cases;

  it("skips its cases visibly", async () => {
    const results = await runConformance(without, reference, { cases });
    expect(results.map(({ outcome }) => outcome)).toEqual(cases.map(() => "skip"));
    expect(results[0].reason).toBe("UnsupportedError: softcap: this backend has none");
  });

  it("fails where the case is required", async () => {
    const results = await runConformance(without, reference, { cases, required: [first.name] });
    expect(namesOf(results, "fail")).toEqual([first.name]);
  });

  it("fails when it breaks in another way", async () => {
    const broken: Reference = {
      ...reference,
      softcap: () => {
        throw new RangeError("out of memory");
      },
    };
    const results = await runConformance(broken, reference, { cases: [first] });
    expect(results).toMatchObject([{ outcome: "fail", reason: "RangeError: out of memory" }]);
  });

  it("may have cases left out, with the reason shown", async () => {
    const results = await runConformance(without, reference, { cases: [first], skip: [{ case: first.name, reason: "not yet" }] });
    expect(results).toMatchObject([{ name: first.name, outcome: "skip", reason: "not yet" }]);
  });

  it("cannot leave out a case that does not exist", async () => {
    await expect(runConformance(without, reference, { skip: [{ case: "softcup", reason: "" }] })).rejects.toThrow(UsageError);
    await expect(runConformance(without, reference, { required: ["softcup"] })).rejects.toThrow(/softcup/);
  });
});
