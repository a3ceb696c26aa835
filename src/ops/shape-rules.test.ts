// Each op refuses shapes that do not go together, with a ShapeError that names the op, what was given and what was expected.
import { describe, expect, it } from "vitest";
import { ShapeError } from "../errors.ts";
import { elementCount } from "../tensor/shape.ts";
import type { AttentionSpec, AttentionView, Ops, Tensor, Weight } from "./ops.ts";
import { createReference, type RefTensor, type RefWeight } from "./reference/index.ts";
import { makeWeight } from "./reference/values.ts";
import { createWasm } from "./wasm/index.ts";

const ops = createReference();
const x = (...shape: number[]): RefTensor => ops.input(new Float32Array(elementCount(shape)), shape);
const i = (...shape: number[]): RefTensor => ops.input(new Int32Array(elementCount(shape)), shape);
const w = (...shape: number[]): RefWeight => makeWeight(shape, "F32", new Float32Array(elementCount(shape)));

const cache = ops.kvCache({ nLayers: 2, nKvHeads: 2, headDim: 4, pages: 3, pageSize: 16 });
const spec: AttentionSpec = { nHeads: 4, nKvHeads: 2, headDim: 4, scale: 1, layer: 0 };
const view: AttentionView<RefTensor> = { first: i(3), end: i(3) };
const paged = { cache, slots: i(3), sequence: i(3), pages: i(1, 2) };
const [q, k, v] = [x(3, 16), x(3, 8), x(3, 8)];
const numbers = { learningRate: 0.1, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, step: 1, gradientScale: 1 };
const pair = w(4);

const refusals: readonly (readonly [message: string, call: () => unknown])[] = [
  ["input: 6 values do not fill shape [2, 4]", () => ops.input(new Float32Array(6), [2, 4])],
  ["weight: 8 bytes of F32, expected 24 for shape [2, 3]", () => ops.weight([2, 3], "F32", new Uint8Array(8))],
  ["weight: rows of 48 values, expected whole blocks of 32 values of Q8_0", () => ops.weight([2, 48], "Q8_0", new Uint8Array(102))],
  ["reshape: [2, 3] holds 6 values, expected 8 for [2, 4]", () => ops.reshape(x(2, 3), [2, 4])],
  ["embed: table has shape [4], expected two dimensions", () => ops.embed(w(4), i(2))],
  ["embed: ids has shape [1, 2], expected one dimension", () => ops.embed(w(5, 4), i(1, 2))],
  ["embed: ids holds float32, expected int32", () => ops.embed(w(5, 4), x(2))],
  ["embedBackward: dy has shape [2, 3], expected [2, 4]", () => ops.embedBackward(x(2, 3), w(5, 4), i(2))],
  ["embedBackward: dy has shape [3, 4], expected [2, 4]", () => ops.embedBackward(x(3, 4), w(5, 4), i(2))],
  ["gather: x has shape [5], expected two dimensions", () => ops.gather(x(5), i(2))],
  ["gather: rows holds float32, expected int32", () => ops.gather(x(5, 4), x(2))],
  ["gatherBackward: dy has shape [3, 4], expected [2, 4]", () => ops.gatherBackward(x(3, 4), i(2), 5)],
  ["linear: x has shape [3, 5], expected [3, 4]", () => ops.linear(x(3, 5), w(6, 4))],
  ["linear: x has shape [4], expected two dimensions", () => ops.linear(x(4), w(6, 4))],
  ["linear: w has shape [4], expected two dimensions", () => ops.linear(x(3, 4), w(4))],
  ["linear: bias has shape [4], expected [6]", () => ops.linear(x(3, 4), w(6, 4), w(4))],
  ["linearInputGradient: dy has shape [3, 4], expected [3, 6]", () => ops.linearInputGradient(x(3, 4), w(6, 4))],
  ["linearWeightGradient: x has shape [2, 4], expected [3, 4]", () => ops.linearWeightGradient(x(3, 6), x(2, 4))],
  ["biasGradient: dy has shape [6], expected two dimensions", () => ops.biasGradient(x(6))],
  ["rmsNorm: gain has shape [5], expected [4]", () => ops.rmsNorm(x(3, 4), w(5), 1e-5)],
  ["rmsNorm: x has shape [3, 2, 4], expected two dimensions", () => ops.rmsNorm(x(3, 2, 4), w(4), 1e-5)],
  ["rmsNormBackward: dy has shape [2, 4], expected [3, 4]", () => ops.rmsNormBackward(x(2, 4), x(3, 4), w(4), 1e-5)],
  ["layerNorm: gain has shape [5], expected [4]", () => ops.layerNorm(x(3, 4), w(5), undefined, 1e-5)],
  ["layerNorm: bias has shape [1], expected [4]", () => ops.layerNorm(x(3, 4), w(4), w(1), 1e-5)],
  ["layerNormBackward: dy has shape [2, 4], expected [3, 4]", () => ops.layerNormBackward(x(2, 4), x(3, 4), w(4), 1e-5)],
  ["rope: x has rows of 10, expected whole heads of 4", () => ops.rope(x(3, 10), x(3, 4), 4)],
  ["rope: rotation turns 6 entries of a head, expected an even number up to 4", () => ops.rope(x(3, 8), x(3, 6), 4)],
  ["rope: rotation turns 3 entries of a head, expected an even number up to 4", () => ops.rope(x(3, 8), x(3, 3), 4)],
  ["rope: rotation has shape [2, 4], expected [3, 4]", () => ops.rope(x(3, 8), x(2, 4), 4)],
  ["ropeBackward: rotation has shape [2, 4], expected [3, 4]", () => ops.ropeBackward(x(3, 8), x(2, 4), 4)],
  ["attend: q has shape [3, 8], expected [3, 16]", () => ops.attend(x(3, 8), k, v, view, spec)],
  ["attend: k has shape [3, 16], expected [3, 8]", () => ops.attend(q, q, v, view, spec)],
  ["attend: v has shape [2, 8], expected [3, 8]", () => ops.attend(q, k, x(2, 8), view, spec)],
  ["attend: 3 query heads, expected a multiple of the 2 key/value heads", () => ops.attend(x(3, 12), k, v, view, { ...spec, nHeads: 3 })],
  ["attend: 1 ALiBi slopes, expected one for each of the 4 heads", () => ops.attend(q, k, v, view, { ...spec, alibiSlopes: [1] })],
  ["attend: view.first holds float32, expected int32", () => ops.attend(q, k, v, { ...view, first: x(3) }, spec)],
  ["attend: view.end has shape [2], expected [3]", () => ops.attend(q, k, v, { ...view, end: i(2) }, spec)],
  [
    "attend: with a cache, k has 2 rows, expected one for each of the 3 tokens",
    () => ops.attend(q, x(2, 8), x(2, 8), { ...view, paged }, spec),
  ],
  [
    "attend: the cache holds 2 heads of 4, expected 1 of 8",
    () => ops.attend(x(3, 32), k, v, { ...view, paged }, { ...spec, nKvHeads: 1, headDim: 8 }),
  ],
  ["attend: layer 2 of the cache, expected one from 0 to 1", () => ops.attend(q, k, v, { ...view, paged }, { ...spec, layer: 2 })],
  ["attend: paged.slots has shape [2], expected [3]", () => ops.attend(q, k, v, { ...view, paged: { ...paged, slots: i(2) } }, spec)],
  ["attend: paged.sequence has shape [1], expected [3]", () => ops.attend(q, k, v, { ...view, paged: { ...paged, sequence: i(1) } }, spec)],
  [
    "attend: paged.pages has shape [2], expected two dimensions",
    () => ops.attend(q, k, v, { ...view, paged: { ...paged, pages: i(2) } }, spec),
  ],
  ["attend: paged.pages holds float32, expected int32", () => ops.attend(q, k, v, { ...view, paged: { ...paged, pages: x(1, 2) } }, spec)],
  ["copyPages: 2 pages to copy from, expected one for each of 1", () => ops.copyPages(cache, [0, 1], [2])],
  ["copyPages: from hold 3, expected whole numbers from 0 to 2", () => ops.copyPages(cache, [3], [0])],
  ["copyPages: to hold 0.5, expected whole numbers from 0 to 2", () => ops.copyPages(cache, [1], [0.5])],
  ["copyPages: page 1 is written and used again", () => ops.copyPages(cache, [0, 0], [1, 1])],
  ["copyPages: page 1 is written and used again", () => ops.copyPages(cache, [0, 1], [1, 2])],
  ["attendBackward: k has shape [3, 16], expected [3, 8]", () => ops.attendBackward(q, q, q, q, v, view, spec)],
  ["attendBackward: dy has shape [2, 16], expected [3, 16]", () => ops.attendBackward(x(2, 16), q, q, k, v, view, spec)],
  ["attendBackward: y has shape [3, 8], expected [3, 16]", () => ops.attendBackward(q, k, q, k, v, view, spec)],
  ["add: the second argument has shape [2, 4], expected [3, 4]", () => ops.add(x(3, 4), x(2, 4))],
  ["multiply: the second argument has shape [4, 3], expected [3, 4]", () => ops.multiply(x(3, 4), x(4, 3))],
  ["activationBackward: the second argument has shape [2], expected [3]", () => ops.activationBackward("relu", x(3), x(2))],
  ["gatedActivation: the second argument has shape [2], expected [3]", () => ops.gatedActivation("silu", x(3), x(2))],
  ["gatedActivationBackward: the second argument has shape [2], expected [3]", () => ops.gatedActivationBackward("silu", x(3), x(3), x(2))],
  ["gatedActivationBackward: the second argument has shape [2], expected [3]", () => ops.gatedActivationBackward("silu", x(2), x(3), x(3))],
  ["softcapBackward: the second argument has shape [2], expected [3]", () => ops.softcapBackward(x(3), x(2), 30)],
  ["logProbs: targets has shape [2], expected [3]", () => ops.logProbs(x(3, 9), i(2))],
  ["logProbs: targets holds float32, expected int32", () => ops.logProbs(x(3, 9), x(3))],
  ["logProbsBackward: dy has shape [2], expected [3]", () => ops.logProbsBackward(x(2), x(3, 9), i(3))],
  ["globalNorm: no tensors, expected one or more", () => ops.globalNorm([])],
  ["globalNorm: every argument holds int32, expected float32", () => ops.globalNorm([x(2), i(2)])],
  ["adamW: v has shape [3], expected [4]", () => ops.adamW(w(4), w(4), w(3), x(4), numbers)],
  ["adamW: gradient has shape [3], expected [4]", () => ops.adamW(w(4), w(4), w(4), x(3), numbers)],
  ["adamW: w, m and v are not three weights", () => ops.adamW(w(4), pair, pair, x(4), numbers)],
  ["adamW: clip.norm has shape [2], expected [1]", () => ops.adamW(w(4), w(4), w(4), x(4), { ...numbers, clip: { norm: x(2), most: 1 } })],
];

it.each(refusals)("%s", (message, call) => {
  expect(call).toThrow(ShapeError);
  expect(call).toThrow(message);
});

it("is asked of every op whose arguments have to fit each other", () => {
  const ofOneTensor = ["scale", "activation", "softcap"];
  const plumbing = ["backend", "read", "streamWeight", "exportWeight", "kvCache", "scope", "dispose"];
  const refusing = new Set(refusals.map(([message]) => message.slice(0, message.indexOf(":"))));
  expect(Object.keys(ops).filter((op) => !refusing.has(op) && !ofOneTensor.includes(op) && !plumbing.includes(op))).toEqual([]);
});

type Check = <T extends Tensor, W extends Weight>(ops: Ops<T, W>) => void | Promise<void>;

const onBoth = async (check: Check): Promise<void> => {
  await check(createReference());
  const wasm = await createWasm({ threads: 1 });
  await check(wasm);
  await wasm.dispose();
};

describe("pieces of a weight", () => {
  async function* pieces(...lengths: readonly number[]): AsyncGenerator<Uint8Array> {
    for (const length of lengths) yield new Uint8Array(length);
  }

  it("are as many bytes as it takes", () =>
    onBoth(async (ops) => {
      const short = ops.streamWeight([2, 3], "F32", pieces(16, 7));
      await expect(short).rejects.toThrow(new ShapeError("weight: 23 bytes of F32, expected 24 for shape [2, 3]"));
      const long = ops.streamWeight([2, 3], "F32", pieces(16, 9, 1000));
      await expect(long).rejects.toThrow(new ShapeError("weight: 25 bytes or more of F32, expected 24 for shape [2, 3]"));
      const torn = ops.streamWeight([2, 48], "Q8_0", pieces(102));
      await expect(torn).rejects.toThrow("weight: rows of 48 values, expected whole blocks of 32 values of Q8_0");
    }));

  it("may fail to arrive: that error is the weight's", () =>
    onBoth(async (ops) => {
      async function* cut(): AsyncGenerator<Uint8Array> {
        yield new Uint8Array(16);
        throw new Error("the connection was cut");
      }
      await expect(ops.streamWeight([2, 3], "F32", cut())).rejects.toThrow("the connection was cut");
    }));
});

describe("values", () => {
  it("that are ids have to be rows of the table", () =>
    onBoth((ops) => {
      const table = ops.weight([3, 2], "F32", new Uint8Array(24));
      expect(() => ops.embed(table, ops.input(Int32Array.of(0, 3)))).toThrow("embed: ids hold 3, expected whole numbers from 0 to 2");
      const x = ops.embed(table, ops.input(Int32Array.of(1)));
      expect(() => ops.gather(x, ops.input(Int32Array.of(-1)))).toThrow("gather: rows hold -1");
    }));

  it("that are int32 are no activations", () =>
    onBoth((ops) => {
      const ints = ops.input(Int32Array.of(1, 2), [1, 2]);
      expect(() => ops.scale(ints, 2)).toThrow("scale: the first argument holds int32, expected float32");
      expect(() => ops.linear(ints, ops.weight([3, 2], "F32", new Uint8Array(24)))).toThrow("linear: x holds int32");
    }));
});
