// Weights that change: what other memories have copied of them, and what is refused.
import { describe, expect, it } from "vitest";
import { ShapeError, UnsupportedError } from "../../errors.ts";
import type { AdamWStep } from "../ops.ts";
import { createWasm, type WasmOps, type WasmTensor, type WasmWeight } from "./index.ts";

const MIB = 2 ** 20;
const numbers: AdamWStep<WasmTensor> = { learningRate: 0.1, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0, step: 1, gradientScale: 1 };
const floats = (values: Float32Array): Uint8Array => new Uint8Array(values.buffer);

/** A bias with its moments, and matrices of a mebibyte behind it until there is a second memory. */
function fill(ops: WasmOps): { bias: WasmWeight; m: WasmWeight; v: WasmWeight; last: WasmWeight } {
  const vector = (): WasmWeight => ops.weight([512], "F32", floats(new Float32Array(512)));
  const [bias, m, v] = [vector(), vector(), vector()];
  let last: WasmWeight;
  do last = ops.weight([512, 512], "F32", floats(new Float32Array(512 * 512)));
  while (last.room === bias.room);
  return { bias, m, v, last };
}

describe("a weight in several memories", () => {
  it.each([1, 2])("changes in all of them, after what was recorded before, with %i threads", async (threads) => {
    const ops = await createWasm({ threads, memoryLimit: 8 * MIB });
    const { bias, m, v, last } = fill(ops);
    const results = ops.scope(() => {
      const x = ops.input(new Float32Array(512), [1, 512]);
      const gradient = ops.input(new Float32Array(512).fill(1));
      const before = ops.linear(x, last, bias);
      ops.adamW(bias, m, v, gradient, numbers);
      return [before, ops.linear(x, last, bias)].map((y) => ops.read(y));
    });
    const [before, after] = await Promise.all(results);
    expect(before).toEqual(new Float32Array(512));
    // The first step of Adam goes the whole learning rate against the sign of the gradient.
    expect(after).toBeWithin(1e-6, new Float32Array(512).fill(-0.1));
    expect(await ops.exportWeight(bias)).toEqual(after);
    await ops.dispose();
  });

  it("is refused where its moments lie elsewhere", async () => {
    const ops = await createWasm({ threads: 1, memoryLimit: 8 * MIB });
    const { bias, m, last } = fill(ops);
    const elsewhere = ops.weight([512], "F32", floats(new Float32Array(512)));
    expect(elsewhere.room).toBe(last.room);
    expect(() => ops.adamW(bias, m, elsewhere, ops.input(new Float32Array(512)), numbers)).toThrow(UnsupportedError);
    await ops.dispose();
  });
});

describe("a step", () => {
  it("is refused for weights that cannot hold small changes, for other shapes, and for one weight in two places", async () => {
    const ops = await createWasm({ threads: 1 });
    const of = (shape: number[]): WasmWeight => ops.weight(shape, "F32", floats(new Float32Array(shape[0])));
    const half = ops.weight([4], "F16", new Uint8Array(8));
    const [w, m, v] = [of([4]), of([4]), of([4])];
    const gradient = ops.input(new Float32Array(4));
    expect(() => ops.adamW(half, m, v, gradient, numbers)).toThrow("w is stored as F16, expected F32");
    expect(() => ops.adamW(w, m, of([3]), gradient, numbers)).toThrow(ShapeError);
    expect(() => ops.adamW(w, m, v, ops.input(new Float32Array(3)), numbers)).toThrow(ShapeError);
    expect(() => ops.adamW(w, m, m, gradient, numbers)).toThrow("expected one each");
    expect(() => ops.globalNorm([])).toThrow(ShapeError);
    await ops.dispose();
  });
});
