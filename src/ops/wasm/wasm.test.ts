// The wasm backend against the judge: every build of the kernels, with 1, 2 and 3 threads, activations rounded and not, keys and values in every type.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goldenPath, readGolden } from "../../../test/goldens.ts";
import { type Judge, kept } from "../../../test/kept-judge.ts";
import { roundToBytes } from "../../../test/round-to-bytes.ts";
import { dequantize, quantize } from "../../formats/quant/index.ts";
import { type StorageType, storage, storageBytes } from "../../tensor/dtype.ts";
import { EIGHT_BITS, SUM } from "../conformance/matrix-cases.ts";
import { type ConformanceCase, conformanceCases, runConformance } from "../conformance.ts";
import { createReference, type RefTensor } from "../reference/index.ts";
import { createWasm, enableRelaxedSimd, type WasmOps } from "./index.ts";

const paged = conformanceCases.filter(({ ops }) => ops.includes("kvCache"));

beforeAll(enableRelaxedSimd); // Node 20, before the first module is compiled

/** Names and reasons of what does not pass. */
async function failures(ops: WasmOps, judge: Judge, cases: readonly ConformanceCase[]): Promise<string[]> {
  const results = await runConformance(ops, judge, { cases, required: cases.map(({ name }) => name) });
  return results.filter(({ outcome }) => outcome !== "pass").map(({ name, reason }) => `${name}: ${reason}`);
}

/** A cache that rounds keys and values is the only difference to this judge: no tolerance is needed for it. */
function judgeOfCache(round: (head: Float64Array) => Float64Array): Judge {
  const reference = createReference();
  const rounded = (x: RefTensor, headDim: number): RefTensor => {
    const data = new Float64Array(x.data.length);
    for (let at = 0; at < data.length; at += headDim) data.set(round(Float64Array.from(x.data.subarray(at, at + headDim))), at);
    return { ...x, data };
  };
  return {
    ...reference,
    attend: (q, k, v, view, spec) => reference.attend(q, rounded(k, spec.headDim), rounded(v, spec.headDim), view, spec),
  };
}

const judge = createReference();
const casesFor = kept(judge);
const caches = (
  [
    ["f16", judgeOfCache((head) => Float64Array.from(dequantize("F16", quantize("F16", Float32Array.from(head)))))],
    ["q8_0", judgeOfCache(roundToBytes)],
  ] as const
).map(([kvType, judge]) => ({ kvType, judge, pagedFor: kept(judge) }));

describe.each(["relaxed", "exact"] as const)("%s SIMD", (simd) => {
  describe.each(["int8", "f32"] as const)("activations %s", (activations) => {
    // Only rounding excuses what is further off than a sum in another order.
    const strict = conformanceCases.map((each) =>
      activations === "f32" && each.tolerance === EIGHT_BITS ? { ...each, tolerance: SUM } : each,
    );
    const alone = new Map<string, Float32Array[]>();

    it.each(activations === "int8" ? [1, 2, 3] : [1, 3])(
      "passes the suite with %i threads, and with the bits of one",
      { timeout: 180_000 },
      async (threads) => {
        const ops = await createWasm({ simd, activations, threads });
        const results = threads === 1 ? alone : new Map<string, Float32Array[]>();
        expect(ops.build).toMatchObject({ simd, threads, shared: threads > 1 });
        expect(await failures(ops, judge, casesFor(strict, results))).toEqual([]);
        await ops.dispose();
        expect(results.size).toBe(conformanceCases.length);
        expect([...results].filter(([name, made]) => !sameBits(made, alone.get(name)!)).map(([name]) => name)).toEqual([]);
      },
    );
  });

  describe.each(caches)("a cache in $kvType", ({ kvType, judge, pagedFor }) => {
    it.each([1, 2])("passes the paged cases with %i threads", async (threads) => {
      const ops = await createWasm({ simd, threads, kvType });
      expect(paged.length).toBeGreaterThan(10);
      expect(await failures(ops, judge, pagedFor(paged))).toEqual([]);
      await ops.dispose();
    });
  });
});

function sameBits(a: readonly Float32Array[], b: readonly Float32Array[]): boolean {
  const bits = ({ buffer, byteOffset, length }: Float32Array): Uint32Array => new Uint32Array(buffer, byteOffset, length);
  return (
    a.length === b.length &&
    a.every((values, r) => values.length === b[r].length && bits(values).every((word, i) => word === bits(b[r])[i]))
  );
}

describe("the wasm backend", () => {
  it.each([1, 2])("keeps memory flat over many steps with %i threads", async (threads) => {
    const ops = await createWasm({ threads });
    const w = ops.weight([64, 64], "F32", new Uint8Array(4 * 64 * 64));
    const step = (): Promise<Float32Array> =>
      ops.scope(() => {
        let h = ops.input(new Float32Array(5 * 64).fill(1), [5, 64]);
        for (let layer = 0; layer < 3; layer++) h = ops.scope(() => ops.add(h, ops.linear(h, w)));
        return ops.read(h);
      });
    await step();
    const before = ops.memoryBytes();
    for (let i = 0; i < 1000; i++) await step();
    expect(ops.memoryBytes()).toBe(before);
    await ops.dispose();
  });
});

it.each([1, 3])("takes scratch for the longest context, not for each on the way, with %i threads", async (threads) => {
  const headDim = 32;
  const longest = 4096;
  const after = async (contexts: readonly number[]): Promise<number> => {
    const ops = await createWasm({ threads });
    const attendTo = (keys: number): Promise<Float32Array> =>
      ops.scope(() => {
        const [q, k] = [1, longest].map((rows) => ops.input(new Float32Array(rows * headDim).fill(1), [rows, headDim]));
        const view = { first: ops.input(new Int32Array(1)), end: ops.input(Int32Array.of(keys)) };
        return ops.read(ops.attend(q, k, k, view, { nHeads: 1, nKvHeads: 1, headDim, scale: 1, layer: 0 }));
      });
    for (const keys of contexts) await attendTo(keys);
    const bytes = ops.memoryBytes();
    await ops.dispose();
    return bytes;
  };
  const scores = 4 * 4 * longest * threads; // of 4 tokens
  const grown = await after(Array.from({ length: longest / 32 }, (_, i) => 32 * (i + 1)));
  expect(grown - (await after([longest]))).toBeLessThan(4 * scores);
});

describe("weights in the engine's memory", () => {
  let ops: WasmOps;
  beforeAll(async () => {
    ops = await createWasm({ threads: 1 });
  });
  afterAll(() => ops.dispose());

  const quantTypes = Object.keys(storage) as StorageType[];
  const types = quantTypes.filter((type) => goldenPath(`quant/blocks/${type}.json`));
  it.each(types)("%s comes out bit for bit as formats/quant widens it", async (type) => {
    const { data, block_size, n_blocks } = readGolden(`quant/blocks/${type}.json`);
    const bytes = new Uint8Array(Buffer.from(data, "base64"));
    const exported = await ops.exportWeight(ops.weight([1, block_size * n_blocks], type, bytes));
    expect(new Uint32Array(exported.buffer)).toEqual(new Uint32Array(dequantize(type, bytes).buffer));
  });

  it.each<[StorageType, number]>([
    ["Q4_K", 192],
    ["BF16", 512],
    ["IQ2_S", 1024], // no kernel: float32
  ])("256 values of %s take %i bytes", async (type, bytes) => {
    ops.weight([8, 256], type, new Uint8Array(storageBytes(type, 8 * 256)!)); // and memory in which rows are packed
    const before = ops.memoryBytes();
    for (let i = 0; i < 64; i++) ops.weight([8, 256], type, new Uint8Array(storageBytes(type, 8 * 256)!));
    expect((ops.memoryBytes() - before) / 512).toBeLessThanOrEqual(bytes);
  });
});
