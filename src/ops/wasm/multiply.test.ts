// Tiles of every shape give a sum the same bits: those for engines that join vectors are right on any, only slow.
import { beforeAll, describe, expect, it } from "vitest";
import { createRng } from "../../tensor/rng.ts";
import { createWasm, enableRelaxedSimd, type WasmOps } from "./index.ts";

/** Two panels side by side, one beside them, and one of 5 rows. */
const [rows, columns, most] = [29, 45, 19];
const rng = createRng(11);
const random = (count: number): Float32Array<ArrayBuffer> => Float32Array.from({ length: count }, () => rng.normal());
const [weights, bias, x, dy] = [rows * columns, rows, most * columns, most * rows].map(random);

describe.each(["relaxed", "exact"] as const)("products of floats in %s SIMD", (simd) => {
  let [narrow, wide]: WasmOps[] = [];
  beforeAll(async () => {
    enableRelaxedSimd();
    narrow = await createWasm({ simd, threads: 1 });
    wide = await createWasm({ simd, threads: 1, turbo: "unchecked" });
  });
  const products = (ops: WasmOps, tokens: number): Promise<Float32Array[]> =>
    ops.scope(() => {
      const w = ops.weight([rows, columns], "F32", new Uint8Array(weights.buffer));
      const b = ops.weight([rows], "F32", new Uint8Array(bias.buffer));
      const from = ops.input(x.subarray(0, tokens * columns), [tokens, columns]);
      const g = ops.input(dy.subarray(0, tokens * rows), [tokens, rows]);
      return Promise.all(
        [ops.linear(from, w), ops.linear(from, w, b), ops.linearInputGradient(g, w), ops.linearWeightGradient(g, from)].map(ops.read),
      );
    });

  it.each(Array.from({ length: most }, (_, i) => i + 1))("have the same bits in wide tiles, %d tokens", async (tokens) => {
    expect(await products(wide, tokens)).toEqual(await products(narrow, tokens));
  });

  it("have the same bits for a token, whoever is beside it", async () => {
    const [y, biased, dx] = await products(narrow, most);
    for (let tokens = 1; tokens < most; tokens++) {
      const [one, oneBiased, oneDx] = await products(wide, tokens);
      expect(one).toEqual(y.subarray(0, one.length));
      expect(oneBiased).toEqual(biased.subarray(0, one.length));
      expect(oneDx).toEqual(dx.subarray(0, oneDx.length));
    }
  });

  it("are right", async () => {
    const [y] = await products(narrow, most);
    const expected = Array.from(y, (_, i) => {
      const [t, row] = [Math.floor(i / rows), i % rows];
      return weights.subarray(row * columns, (row + 1) * columns).reduce((sum, w, c) => sum + w * x[t * columns + c], 0);
    });
    expect(y).toBeWithin(1e-4, expected);
  });
});
