// What the machine could do at best, measured: bytes of memory read a second, and products of 8-bit numbers and of floats. Decoding cannot read its weights
// faster than the first, nor a prompt be multiplied faster than the second, nor training than the third. Loops of WebAssembly, as the engine's kernels are, one on each thread.
import { Worker } from "node:worker_threads";
import type { LoopReport, LoopRequest } from "./limits-worker.ts";
import { moduleOf, op, type WasmFunction } from "./wasm-module.ts";

export interface MachineLimits {
  /** A stream of vector loads, from more memory than caches hold. */
  readonly bytesPerSecond: number;
  /** Multiplications and additions of 8-bit dot products on registers, without any load; of 16-bit ones where there is no relaxed SIMD. */
  readonly operationsPerSecond: number;
}

const windowMilliseconds = 250;
const windows = 3;
/** Each thread reads its own, far above what a share of any cache holds. */
const bytesPerThread = 128 * 2 ** 20;
const vectorBytes = 16;
const accumulators = 8;

/** Takes about two seconds, and 128 MiB for each thread. */
export async function measureLimits(threads: number, relaxedSimd: boolean): Promise<MachineLimits> {
  const products = relaxedSimd ? 16 : 8; // of one instruction
  const iterations = 100_000;
  return {
    bytesPerSecond: await best(threads, { loop: readLoop, memoryBytes: bytesPerThread, slice: 2 ** 22, amount: 2 ** 22 }),
    operationsPerSecond: await best(threads, {
      loop: relaxedSimd ? relaxedLoop : exactLoop,
      memoryBytes: 0,
      slice: iterations,
      amount: iterations * accumulators * products * 2,
    }),
  };
}

/** Multiplications and additions of 32-bit floats a second, on registers, of all threads together: what training cannot exceed. Takes a second and a half. */
export async function measureFloatPeak(threads: number, relaxedSimd: boolean): Promise<number> {
  const iterations = 100_000;
  const lanes = 4;
  const amount = iterations * accumulators * lanes * 2;
  return best(threads, { loop: relaxedSimd ? maddLoop : multiplyAddLoop, memoryBytes: 0, slice: iterations, amount });
}

interface Job {
  readonly loop: WasmFunction;
  readonly memoryBytes: number;
  /** What the loop is called with. */
  readonly slice: number;
  /** What one call does, in the unit that is measured. */
  readonly amount: number;
}

/** The best of some windows of time, in units a second, of all threads together. */
async function best(threads: number, { loop, memoryBytes, slice, amount }: Job): Promise<number> {
  const module = moduleOf([loop], memoryBytes / 65_536);
  const request = { module, memoryBytes, slice, windowMilliseconds, windows, firstWindow: Date.now() + 300 + threads * 50 };
  const reports = await Promise.all(Array.from({ length: threads }, () => runWorker(request)));
  const together = Array.from({ length: windows }, (_, i) => reports.reduce((sum, { callsPerSecond }) => sum + callsPerSecond[i], 0));
  return Math.max(...together) * amount;
}

function runWorker(request: LoopRequest): Promise<LoopReport> {
  const worker = new Worker(new URL("./limits-worker.js", import.meta.url), { workerData: request });
  return new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
}

// The loops: parameter 0 is where to read, parameter 1 how much to do.

const [address, count] = [0, 1];
const vectors = Array.from({ length: accumulators }, (_, i) => 2 + i);
const foldVectors = [op.get(vectors[0]), ...vectors.slice(1).flatMap((v) => [op.get(v), op.xor])].flat();

/** Reads `count` bytes from `address` on. */
const readLoop: WasmFunction = {
  name: "loop",
  parameters: 2,
  vectors: accumulators,
  body: [
    ...[...op.get(count), ...op.get(address), ...op.add, ...op.set(count)], // the end
    ...op.loop(
      ...vectors.flatMap((v, i) => [op.get(v), op.get(address), op.load(i * vectorBytes), op.xor, op.set(v)]),
      ...[op.get(address), op.i32(accumulators * vectorBytes), op.add, op.tee(address), op.get(count), op.less],
    ),
    ...foldVectors,
    ...op.firstWord,
  ],
};

/** Runs `count` rounds of one product into each accumulator. */
function productLoop(product: (accumulator: number) => readonly number[][]): WasmFunction {
  return {
    name: "loop",
    parameters: 2,
    vectors: accumulators,
    body: [
      ...op.loop(...vectors.flatMap((v) => [...product(v), op.set(v)]), ...[op.get(count), op.i32(1), op.subtract, op.tee(count)]),
      ...foldVectors,
      ...op.firstWord,
    ],
  };
}

const operand = [...op.get(count), ...op.splatBytes];
const relaxedLoop = productLoop((v) => [operand, operand, op.get(v), op.relaxedDot8]);
const exactLoop = productLoop((v) => [operand, op.get(v), op.dot16, op.get(v), op.addWords]); // another product for each: equal ones run once
const one = [...op.i32(0x3f800000), ...op.splatWords]; // 1.0, by its bits
const maddLoop = productLoop((v) => [one, one, op.get(v), op.relaxedMadd]);
const multiplyAddLoop = productLoop((v) => [one, op.get(v), op.multiplyFloats, one, op.addFloats]);
