// The tape: gradients of composed functions against central differences, sharing, checkpoints, and which weights take part.
import { describe, expect, it } from "vitest";
import { ShapeError, UnsupportedError } from "../errors.ts";
import { quantize } from "../formats/quant/index.ts";
import { createRng } from "../tensor/rng.ts";
import { elementCount, type Shape } from "../tensor/shape.ts";
import type { Ops } from "./ops.ts";
import { createReference, type RefTensor, type RefWeight } from "./reference/index.ts";
import { f64, makeWeight } from "./reference/values.ts";
import { type Recorded, type Tape, tape } from "./tape.ts";

const ops = createReference();
type RefTape = Tape<RefTensor, RefWeight>;
type Value = Recorded<RefTensor>;

const random = (seed: number, shape: Shape): Float64Array => {
  const rng = createRng(seed);
  return Float64Array.from({ length: elementCount(shape) }, () => rng.normal());
};
const weight = (seed: number, ...shape: number[]): RefWeight & { data: Float64Array } => ({
  shape,
  type: "F64",
  data: random(seed, shape),
});
/** A record of the tape around float64 numbers, which `input` would round. */
const given = (t: RefTape, seed: number, ...shape: number[]): Value => {
  const x = t.input(new Float32Array(elementCount(shape)), shape);
  x.value.data.set(random(seed, shape));
  return x;
};
const ints = (t: RefTape, values: readonly number[]): Value => t.input(Int32Array.from(values));

/** Gradients of sum(dy * y) for a fixed random dy, and that sum. */
function differentiate(body: (t: RefTape) => Value, t: RefTape = tape(ops)): { loss: number; gradients: Map<RefWeight, RefTensor> } {
  const y = body(t);
  const dy = f64(y.shape, random(99, y.shape));
  const loss = dy.data.reduce((sum, g, i) => sum + g * y.value.data[i], 0);
  return { loss, gradients: t.backward(y, dy) };
}

function centralDifferences(w: RefWeight, body: (t: RefTape) => Value): number[] {
  const step = 1e-5;
  return Array.from(w.data, (value, i) => {
    const at = (x: number): number => {
      w.data[i] = x;
      return differentiate(body).loss;
    };
    const difference = (at(value + step) - at(value - step)) / (2 * step);
    w.data[i] = value;
    return difference;
  });
}

function expectDerivatives(weights: readonly RefWeight[], body: (t: RefTape) => Value): void {
  const { gradients } = differentiate(body);
  for (const w of weights) {
    expect(gradients.get(w)?.shape).toEqual(w.shape);
    expect(gradients.get(w)!.data).toBeWithin(1e-7, centralDifferences(w, body));
  }
}

/** A little decoder block with everything in it: [tokens, 8] to [tokens, 8]. */
const blockWeights = (seed: number) => ({
  gain: weight(seed, 8),
  offset: weight(seed + 1, 8),
  wq: weight(seed + 2, 8, 8),
  wk: weight(seed + 3, 4, 8),
  wv: weight(seed + 4, 4, 8),
  qGain: weight(seed + 5, 4),
  w1: weight(seed + 6, 5, 8),
  w3: weight(seed + 7, 5, 8),
  w2: weight(seed + 8, 8, 5),
  b2: weight(seed + 9, 8),
});

function block(t: RefTape, w: ReturnType<typeof blockWeights>, x: Value): Value {
  const tokens = x.shape[0];
  const rotation = given(t, 77, tokens, 2);
  const h = t.layerNorm(x, w.gain, w.offset, 1e-2);
  const q = t.reshape(t.rmsNorm(t.reshape(t.linear(h, w.wq), [tokens * 2, 4]), w.qGain, 1e-3, 0.5), [tokens, 8]);
  const view = {
    first: ints(t, Array(tokens).fill(0)),
    end: ints(
      t,
      [...Array(tokens).keys()].map((i) => i + 1),
    ),
  };
  const spec = { nHeads: 2, nKvHeads: 1, headDim: 4, scale: 0.5, softcap: 3, layer: 0 };
  const y = t.attend(t.rope(q, rotation, 4), t.rope(t.linear(h, w.wk), rotation, 4), t.linear(h, w.wv), view, spec);
  const middle = t.add(x, t.scale(y, 0.7));
  const hidden = t.gatedActivation("silu", t.linear(middle, w.w1), t.linear(middle, w.w3));
  return t.add(middle, t.activation("gelu", t.linear(hidden, w.w2, w.b2)));
}

describe("gradients", () => {
  it("of a model's worth of ops equal central differences", () => {
    const table = weight(1, 6, 8);
    const w = blockWeights(10);
    expectDerivatives([table, ...Object.values(w)], (t) => {
      const h = block(t, w, t.embed(table, ints(t, [3, 0, 3, 5])));
      const scores = t.softcap(t.linear(t.gather(t.multiply(h, h), ints(t, [2, 0, 2])), table), 4);
      return t.logProbs(scores, ints(t, [1, -100, 4]));
    });
  });

  it("of a weight that is used twice are summed", () => {
    const w = weight(1, 3, 3);
    expectDerivatives([w], (t) => t.linear(t.activation("tanh", t.linear(given(t, 2, 4, 3), w)), w));
  });

  it("of a tensor that is used twice by one op are summed", () => {
    const w = weight(1, 3, 3);
    expectDerivatives([w], (t) => {
      const h = t.linear(given(t, 2, 4, 3), w);
      return t.gatedActivation("sigmoid", h, t.add(h, h));
    });
  });

  it("do not pass through what the output does not depend on", () => {
    const [used, unused] = [weight(1, 3, 3), weight(2, 3, 3)];
    const { gradients } = differentiate((t) => {
      const x = given(t, 3, 2, 3);
      t.linear(x, unused);
      const y = t.linear(x, used);
      t.linear(y, unused);
      return y;
    });
    expect([...gradients.keys()]).toEqual([used]);
  });

  it("start anew on every backward", () => {
    const w = weight(1, 3, 3);
    const t = tape(ops);
    const body = (): Value => t.linear(given(t, 2, 4, 3), w);
    const first = differentiate(body, t);
    const second = differentiate(body, t);
    expect(second.gradients.get(w)).toEqual(first.gradients.get(w));
  });
});

describe("which weights", () => {
  it("are quantised: no gradient, but one for what lies below (LoRA)", () => {
    const base: RefWeight = ops.weight([3, 32], "Q8_0", quantize("Q8_0", Float32Array.from(random(1, [3, 32]))));
    const [up, a, b] = [weight(2, 32, 4), weight(3, 2, 32), weight(4, 3, 2)];
    const body = (t: RefTape): Value => {
      const x = t.linear(given(t, 5, 4, 4), up);
      return t.add(t.linear(x, base), t.scale(t.linear(t.linear(x, a), b), 0.5));
    };
    expect(differentiate(body).gradients.has(base)).toBe(false);
    expectDerivatives([up, a, b], body);
  });

  it("are trained is up to the caller", () => {
    const [first, second, gain] = [weight(1, 3, 3), weight(2, 3, 3), weight(3, 3)];
    const body = (t: RefTape): Value => t.rmsNorm(t.linear(t.linear(given(t, 4, 2, 3), first), second), gain, 1e-5);
    const all = differentiate(body).gradients;
    const some = differentiate(
      body,
      tape(ops, (w) => w === first),
    ).gradients;
    expect([...all.keys()]).toEqual([gain, second, first]);
    expect([...some]).toEqual([[first, all.get(first)]]);
  });

  it("are stored as F16 or BF16 get none by default", () => {
    for (const type of ["F16", "BF16"] as const) {
      const w = ops.weight([3, 3], type, quantize(type, Float32Array.from(random(1, [3, 3]))));
      expect(differentiate((t) => t.linear(given(t, 2, 2, 3), w)).gradients.size).toBe(0);
    }
  });
});

describe("a checkpoint", () => {
  const table = weight(1, 6, 8);
  const layers = [10, 30, 50].map(blockWeights);
  const everything = [table, ...layers.flatMap((w) => Object.values(w))];
  const embedded = (t: RefTape): Value => t.embed(table, ints(t, [3, 0, 3, 5]));
  const plain = (t: RefTape): Value => layers.reduce((h, w) => block(t, w, h), embedded(t));

  const ways: Record<string, (t: RefTape) => Value> = {
    "around each layer": (t) => layers.reduce((h, w) => t.checkpoint((x) => block(t, w, x), h), embedded(t)),
    "around all layers": (t) => t.checkpoint((h) => layers.reduce((x, w) => block(t, w, x), h), embedded(t)),
    "inside a checkpoint": (t) =>
      t.checkpoint((h) => layers.reduce((x, w) => t.checkpoint((inner) => block(t, w, inner), x), h), embedded(t)),
    "that reads more than its argument": (t) => {
      const h = embedded(t);
      const first = block(t, layers[0], h);
      const second = t.checkpoint((x) => block(t, layers[1], x), first);
      return t.checkpoint(() => block(t, layers[2], second), h);
    },
  };

  it.each(Object.keys(ways))("%s gives the same gradients, bit for bit", (way) => {
    const kept = differentiate(plain).gradients;
    const recomputed = differentiate(ways[way]).gradients;
    expect(new Set(recomputed.keys())).toEqual(new Set(everything));
    for (const w of everything) expect(recomputed.get(w)!.data).toEqual(kept.get(w)!.data);
  });

  it("computes its inside once more, and records nothing of it meanwhile", () => {
    const calls: string[] = [];
    const counting: Ops<RefTensor, RefWeight> = {
      ...ops,
      linear: (x, w) => {
        calls.push("forward");
        return ops.linear(x, w);
      },
      linearInputGradient: (dy, w) => {
        calls.push("backward");
        return ops.linearInputGradient(dy, w);
      },
    };
    const w = weight(1, 3, 3);
    differentiate((t) => {
      const inner = t.checkpoint((x) => t.linear(t.linear(x, w), w), given(t, 2, 2, 3));
      return t.linear(inner, w);
    }, tape(counting));
    expect(calls.join(" ")).toBe("forward forward forward backward forward forward backward backward");
  });

  it("gives back what it computed again, once its gradient is taken", () => {
    /** Most tensors alive at a time in a step of `layers` layers. */
    const peak = (depth: number, checkpointed: boolean): number => {
      const { ops: counting, most } = countTensors();
      const deep = Array.from({ length: depth }, (_, i) => blockWeights(100 + 20 * i));
      counting.scope(() => {
        const t = tape(counting);
        const layer = (h: Value, w: ReturnType<typeof blockWeights>): Value =>
          checkpointed ? t.checkpoint((x) => block(t, w, x), h) : block(t, w, h);
        return [...differentiate((same) => deep.reduce(layer, embedded(same)), t).gradients.values()];
      });
      return most();
    };
    const perLayer = (checkpointed: boolean): number => (peak(8, checkpointed) - peak(4, checkpointed)) / 4;
    // The output of each layer, its gradient, and the gradients of its ten weights.
    expect(perLayer(true)).toBeLessThanOrEqual(12);
    // All that a layer computes, and the gradients of its weights; those of what it computes go back on the way.
    expect(perLayer(false)).toBeGreaterThan(2 * perLayer(true));
    expect(perLayer(false)).toBeLessThanOrEqual(34);
  });

  it("leaves the tape usable when its body throws", () => {
    const w = weight(1, 3, 3);
    const t = tape(ops);
    const x = given(t, 2, 4, 3);
    const broken = (): Value => {
      throw new RangeError("in the body");
    };
    expect(() => t.checkpoint(broken, x)).toThrow("in the body");
    expect(differentiate(() => t.linear(x, w), t).gradients.has(w)).toBe(true);
  });
});

/** The reference with the bookkeeping of a backend whose scopes give memory back. */
function countTensors(): { ops: Ops<RefTensor, RefWeight>; most(): number } {
  let alive = new Set<RefTensor>();
  let most = 0;
  const tensorsOf = (kept: unknown): RefTensor[] => {
    if (!kept || typeof kept !== "object") return [];
    return "dtype" in kept ? [kept as RefTensor] : Object.values(kept).flatMap(tensorsOf);
  };
  const scope: Ops<RefTensor, RefWeight>["scope"] = (body) => {
    const before = new Set(alive);
    const kept = body();
    for (const tensor of tensorsOf(kept)) before.add(tensor);
    alive = before;
    return kept;
  };
  const counting = new Proxy(ops, {
    get(target, name: keyof typeof ops) {
      if (name === "scope") return scope;
      const op = target[name];
      if (typeof op !== "function") return op;
      return (...args: unknown[]) => {
        const result = (op as (...args: unknown[]) => unknown)(...args);
        for (const tensor of tensorsOf(result)) alive.add(tensor);
        most = Math.max(most, alive.size);
        return result;
      };
    },
  });
  return { ops: counting, most: () => most };
}

describe("refuses", () => {
  const t = tape(ops);

  it("a gradient of another shape than the output", () => {
    const y = t.linear(given(t, 1, 2, 3), weight(2, 4, 3));
    expect(() => t.backward(y, f64([2, 3]))).toThrow(ShapeError);
    expect(() => t.backward(y, f64([2, 3]))).toThrow("the gradient is [2, 3], the output [2, 4]");
  });

  it("to differentiate through a cache, or twice", () => {
    const cache = t.kvCache({ nLayers: 1, nKvHeads: 1, headDim: 2, pages: 1, pageSize: 16 });
    const [x, zero] = [given(t, 1, 1, 2), ints(t, [0])];
    const view = { first: zero, end: ints(t, [1]), paged: { cache, slots: zero, sequence: zero, pages: t.reshape(zero, [1, 1]) } };
    const spec = { nHeads: 1, nKvHeads: 1, headDim: 2, scale: 1, layer: 0 };
    expect(() => t.attend(x, x, x, view, spec)).toThrow(UnsupportedError);
    expect(() => t.attend(x, x, x, view, spec)).toThrow("gradients do not flow through a key/value cache");
    expect(() => t.biasGradient(x)).toThrow(UnsupportedError);
    expect(() => t.globalNorm([x])).toThrow("go to its backend");
  });
});

it("passes values through: what the tape computes is what its backend computes", async () => {
  const t = tape(ops);
  const x = t.input(Float32Array.of(1, -2, 3, 0.5), [2, 2]);
  expect(await t.read(t.scope(() => t.scale(x, 2)))).toEqual(Float32Array.of(2, -4, 6, 1));
  const w = t.weight([2], "F32", new Uint8Array(Float32Array.of(3, 4).buffer));
  expect(await t.exportWeight(w)).toEqual(Float32Array.of(3, 4));
  expect(makeWeight([2], "F32", Float32Array.of(3, 4))).toEqual(w);
  expect(t.backend).toBe("reference");
});

describe("what descends at once", () => {
  const [table, w, out] = [weight(1, 5, 4), weight(2, 4, 4), weight(3, 6, 4)];
  const hidden = (t: RefTape): Value => t.linear(t.embed(table, ints(t, [0, 3, 1, 4, 3])), w);
  const parts = [
    [0, 1, 2],
    [3, 4],
  ];
  const gradient = f64([5, 6], random(99, [5, 6]));
  const rowsOf = (rows: readonly number[]): RefTensor =>
    f64([rows.length, 6], Float64Array.from(rows.flatMap((row) => [...gradient.data.slice(6 * row, 6 * row + 6)])));

  it("gives the gradients of the whole", () => {
    const whole = tape(ops);
    const expected = whole.backward(whole.linear(hidden(whole), out), gradient);

    const t = tape(ops);
    const h = hidden(t);
    for (const rows of parts) t.descend((x) => t.linear(x, out), t.gather(h, ints(t, rows)), rowsOf(rows));
    const found = t.backward();
    expect([...found.keys()].length).toBe(3);
    for (const [each, g] of expected) expect(found.get(each)!.data).toBeWithin(1e-12, g.data);
  });

  it("returns what was computed, and begins anew after the way back", () => {
    const t = tape(ops);
    const h = hidden(t);
    const y = t.descend((x) => t.linear(x, out), h, gradient);
    expect(y.data).toEqual(ops.linear(h.value, out).data);
    t.backward();
    expect(t.backward().size).toBe(0);
  });

  it("wants a gradient in the shape of the result", () => {
    const t = tape(ops);
    expect(() => t.descend((x) => t.linear(x, out), hidden(t), rowsOf([0]))).toThrow(ShapeError);
  });
});
