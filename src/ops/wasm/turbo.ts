// V8's revectorisation, from Node 24 on: pairs of 128-bit operations become one of 256 bits where the processor has AVX2. It is an experiment there, so a
// trial engine has to give plain numbers before it is trusted. What V8 has not yet optimised when the trial ends is not proven by it.
import { dequantize, quantize } from "../../formats/quant/index.ts";
import { type StorageType, storage, storageBytes } from "../../tensor/dtype.ts";
import { createRng, type Rng } from "../../tensor/rng.ts";
import type { Ops, Tensor, Weight } from "../ops.ts";
import { isNode } from "./threads.ts";

/**
 * Sets the flag, which counts for all WebAssembly that this process compiles from then on, and tries an engine. Where it does not hold, the flag is taken
 * back and stderr says why.
 *
 * @param create an engine of modules that none without turbo shares: V8 keeps one machine code for equal modules
 */
export async function turboHolds<T extends Tensor, W extends Weight>(create: () => Promise<Ops<T, W>>): Promise<boolean> {
  let obstacle = obstacleToTurbo();
  if (!obstacle) {
    const { setFlagsFromString } = process.getBuiltinModule("node:v8");
    setFlagsFromString("--experimental-wasm-revectorize");
    const trial = await create();
    obstacle = await wrongNumbers(trial);
    await trial.dispose();
    if (obstacle) setFlagsFromString("--no-experimental-wasm-revectorize");
  }
  if (obstacle) console.warn(`cria: going on without turbo: ${obstacle}`);
  return !obstacle;
}

function obstacleToTurbo(): string | undefined {
  if (!isNode()) return "only Node can switch it on";
  if (Number.parseInt(process.versions.node, 10) >= 24) return undefined;
  return `this is Node ${process.versions.node}, and it needs Node 24 or newer`;
}

/** Products and attention against plain numbers, again and again, so that V8 optimises what it is asked to. @returns the first that is wrong */
export async function wrongNumbers<T extends Tensor, W extends Weight>(ops: Ops<T, W>): Promise<string | undefined> {
  const checks = [...types.flatMap((type) => [17, 1].map((tokens) => productCheck(ops, type, tokens))), attentionCheck(ops)];
  for (const { name, run, expected } of checks) {
    const most = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    for (const end = performance.now() + TIME / checks.length; performance.now() < end; ) {
      const got = await run();
      const wrong = expected.findIndex((value, i) => !(Math.abs(got[i] - value) <= 1e-5 * most));
      if (wrong >= 0) return `${name} gives ${got[wrong]} where ${expected[wrong]} is right`;
    }
  }
  return undefined;
}

/** Milliseconds of all checks. */
const TIME = 600;
/** One for every kind of panel (weights.ts). */
const types: readonly StorageType[] = ["Q4_0", "Q4_1", "Q3_K", "Q2_K", "MXFP4", "Q8_0", "Q5_1", "Q6_K", "F16", "BF16", "F32"];
/** Where the scales of a block are, as halves, in types that nobody rounds to here: all other bits may be random. */
const scalesAt: Partial<Record<StorageType, readonly number[]>> = { Q2_K: [80, 82], Q3_K: [108], Q6_K: [208] };
/** 0.005 as a half. */
const SCALE = 0x1d1f;

interface Check {
  name: string;
  expected: Float64Array;
  run(): Promise<Float32Array>;
}

/**
 * [tokens, 256] x [128, 256]: 17 tokens are four whole tiles and one that is alone beside others, or tiles of 6, 6 and 5 for floats; 1 walks pairs of panels, as
 * long as no more than 8 threads share the 16. Activations are such as 8 bits hold.
 */
function productCheck<T extends Tensor, W extends Weight>(ops: Ops<T, W>, type: StorageType, tokens: number): Check {
  const [rows, columns] = [128, 256];
  const rng = createRng(5);
  const x = Float32Array.from({ length: tokens * columns }, (_, i) => (i % 32 === 31 ? 127 : rng.integer(255) - 127) / 64);
  const bytes = scalesAt[type]
    ? randomBlocks(type, rows * columns, rng)
    : quantize(type, Float32Array.from({ length: rows * columns }, rng.normal));
  const values = dequantize(type, bytes);
  const w = ops.weight([rows, columns], type, bytes);
  const expected = new Float64Array(tokens * rows);
  expected.forEach((_, i) => {
    const [t, row] = [Math.floor(i / rows), i % rows];
    for (let c = 0; c < columns; c++) expected[i] += x[t * columns + c] * values[row * columns + c];
  });
  const run = (): Promise<Float32Array> => ops.scope(() => ops.read(ops.linear(ops.input(x, [tokens, columns]), w)));
  return { name: `a product with ${type}`, expected, run };
}

function randomBlocks(type: StorageType, values: number, rng: Rng): Uint8Array {
  const { blockBytes } = storage[type];
  const bytes = Uint8Array.from({ length: storageBytes(type, values)! }, () => rng.integer(256));
  const view = new DataView(bytes.buffer);
  for (let block = 0; block < bytes.length; block += blockBytes) for (const at of scalesAt[type]!) view.setUint16(block + at, SCALE, true);
  return bytes;
}

/** 48 tokens, each of which sees all before it: one head of 32. */
function attentionCheck<T extends Tensor, W extends Weight>(ops: Ops<T, W>): Check {
  const [tokens, headDim] = [48, 32];
  const rng = createRng(6);
  const [q, k, v] = [0, 1, 2].map(() => Float32Array.from({ length: tokens * headDim }, () => rng.normal()));
  const scale = 1 / Math.sqrt(headDim);
  const expected = new Float64Array(tokens * headDim);
  for (let t = 0; t < tokens; t++) {
    const weights = Array.from({ length: t + 1 }, (_, key) => {
      let score = 0;
      for (let c = 0; c < headDim; c++) score += q[t * headDim + c] * k[key * headDim + c];
      return Math.exp(scale * score);
    });
    const sum = weights.reduce((a, b) => a + b, 0);
    weights.forEach((weight, key) => {
      for (let c = 0; c < headDim; c++) expected[t * headDim + c] += (weight / sum) * v[key * headDim + c];
    });
  }
  const spec = { nHeads: 1, nKvHeads: 1, headDim, scale, layer: 0 };
  const run = (): Promise<Float32Array> =>
    ops.scope(() => {
      const rows = (values: Float32Array): T => ops.input(values, [tokens, headDim]);
      const view = { first: ops.input(new Int32Array(tokens)), end: ops.input(Int32Array.from({ length: tokens }, (_, t) => t + 1)) };
      return ops.read(ops.attend(rows(q), rows(k), rows(v), view, spec));
    });
  return { name: "attention", expected, run };
}
