// Products of the golden blocks: with activations as they are, and rounded to 8 bits as the backend does it.
import { beforeAll, describe, expect, it } from "vitest";
import { goldenPath, readGolden } from "../../../test/goldens.ts";
import { roundToBytes } from "../../../test/round-to-bytes.ts";
import { dequantize } from "../../formats/quant/index.ts";
import { type StorageType, storage } from "../../tensor/dtype.ts";
import { createWasm, enableRelaxedSimd, type WasmOps } from "./index.ts";
import { packedLayout } from "./weights.ts";

interface Product {
  rows: number;
  cols: number;
  weights: string;
  x_f32: string;
  /** In float64. */
  y: number[];
  /** The same of `x` through blocks of Q8_0. */
  y_with_x_rounded_to_Q8_0: number[];
  /** |W| |x| */
  y_scale: number[];
}

const types = (Object.keys(storage) as StorageType[]).filter((type) => goldenPath(`quant/blocks/${type}.json`));
const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(base64, "base64"));
/** The distance to `expected`, each as a part of its `y_scale`. */
const distances = (y: ArrayLike<number>, expected: ArrayLike<number>, { y_scale }: Product): number[] =>
  y_scale.map((scale, i) => (y[i] - expected[i]) / scale);

describe.each(["relaxed", "exact"] as const)("products in %s SIMD", (simd) => {
  let exact: WasmOps;
  let rounding: WasmOps;
  beforeAll(async () => {
    enableRelaxedSimd();
    exact = await createWasm({ simd, threads: 1, activations: "f32" });
    rounding = await createWasm({ simd, threads: 1 });
  });

  describe.each(types)("%s", (type) => {
    const golden: Product = readGolden(`quant/blocks/${type}.json`).matvec;
    const { rows, cols } = golden;
    const [weights, x] = [bytesOf(golden.weights), new Float32Array(bytesOf(golden.x_f32).buffer)];
    const zeros = golden.y.map(() => 0);
    const productOn = (ops: WasmOps): Promise<Float32Array> =>
      ops.scope(() => ops.read(ops.linear(ops.input(x, [1, cols]), ops.weight([rows, cols], type, weights))));

    it("is the golden product with activations as they are", async () => {
      expect(distances(await productOn(exact), golden.y, golden)).toBeWithin(1e-6, zeros);
    });

    it("is what rounding leaves of it, by default", async () => {
      const y = await productOn(rounding);
      const { coded } = packedLayout([rows, cols], type);
      const w = dequantize(type, weights);
      const seen = coded ? roundToBytes(x) : Float64Array.from(x);
      const ofSeen = golden.y.map((_, row) => seen.reduce((sum, value, i) => sum + value * w[row * cols + i], 0));
      expect(distances(y, ofSeen, golden)).toBeWithin(1e-6, zeros);
      expect(distances(y, golden.y, golden)).toBeWithin(1e-2, zeros);
      // Q8_0 has the same codes and rounds their scale to a half besides, which moves every product by 2^-11 at most.
      if (coded) expect(distances(y, golden.y_with_x_rounded_to_Q8_0, golden)).toBeWithin(2 ** -11, zeros);
    });
  });
});
