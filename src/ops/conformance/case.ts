// What a case of the conformance suite is, and the bench on which its body works: seeded inputs and weights made in any backend.
// No test framework: cases also run as a numeric self-test at start and in browsers.
import { dequantize, quantizable, quantize } from "../../formats/quant/index.ts";
import { type StorageType, storage } from "../../tensor/dtype.ts";
import { createRng, type Rng } from "../../tensor/rng.ts";
import { elementCount, type Shape } from "../../tensor/shape.ts";
import type { Ops, Tensor, Weight } from "../ops.ts";

export type OpName = Exclude<keyof Ops<Tensor, Weight>, "backend">;

export interface ConformanceCase {
  readonly name: string;
  /** The ops that the case is about. */
  readonly ops: readonly OpName[];
  /** Largest distance to the judge that passes, as a part of the largest number of each result. */
  readonly tolerance: number;
  /** The results are one thing computed in several ways: equal bit for bit. */
  readonly sameBits: boolean;
  /** Computes the results, the same numbers on every backend but for rounding. */
  run<T extends Tensor, W extends Weight>(ops: Ops<T, W>): Promise<Float32Array[]>;
}

/** A backend with a source of inputs. Every run of a case draws the same ones. */
export interface Bench<T extends Tensor, W extends Weight> {
  readonly ops: Ops<T, W>;
  readonly rng: Rng;
  /** Standard normal. */
  tensor(...shape: number[]): T;
  /**
   * Multiples of 1/64 up to 127/64, with the largest at the end of every 32: a backend that rounds activations to 8 bits, in blocks
   * of 32 or more, loses nothing.
   */
  steps(...shape: number[]): T;
  ints(values: readonly number[], shape?: Shape): T;
  weight(shape: Shape, type?: StorageType): W;
}

export function bench<T extends Tensor, W extends Weight>(ops: Ops<T, W>): Bench<T, W> {
  const rng = createRng(7);
  return {
    ops,
    rng,
    tensor: (...shape) => ops.input(normals(rng, elementCount(shape)), shape),
    steps: (...shape) => {
      const values = new Float32Array(elementCount(shape)).map((_, i) => (i % 32 === 31 ? 127 : rng.integer(255) - 127) / 64);
      return ops.input(values, shape);
    },
    ints: (values, shape) => ops.input(Int32Array.from(values), shape),
    weight: (shape, type = "F32") => ops.weight(shape, type, weightBytes(rng, type, elementCount(shape))),
  };
}

type Body = <T extends Tensor, W extends Weight>(bench: Bench<T, W>) => T[];

/** A case whose results the judge computes too. The body runs in a scope, as a step of a model does. */
export function judged(name: string, ops: readonly OpName[], tolerance: number, body: Body): ConformanceCase {
  return {
    name,
    ops,
    tolerance,
    sameBits: false,
    run: (backend) => readAll(backend, () => body(bench(backend))),
  };
}

/** Results of `body`, run in a scope. */
export async function readAll<T extends Tensor, W extends Weight>(ops: Ops<T, W>, body: () => T[]): Promise<Float32Array[]> {
  const results: Float32Array[] = [];
  for (const tensor of ops.scope(body)) results.push(await ops.read(tensor));
  return results;
}

export function normals(rng: Rng, count: number): Float32Array {
  return new Float32Array(count).map(() => rng.normal());
}

/** One after the other. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Stored values of ordinary size: packed normals where cria can write the type, otherwise blocks drawn until their values are that. */
export function weightBytes(rng: Rng, type: StorageType, count: number): Uint8Array {
  if (type === "F64") return new Uint8Array(Float64Array.from({ length: count }, () => rng.normal()).buffer);
  if (quantizable.includes(type)) return quantize(type, normals(rng, count));
  const { blockSize, blockBytes } = storage[type];
  const bytes = new Uint8Array((count / blockSize) * blockBytes);
  // Most blocks are drawn a hundred times: four bytes of each number count.
  const drawn = new Uint32Array(Math.ceil(blockBytes / 4));
  const block = new Uint8Array(drawn.buffer, 0, blockBytes);
  for (let at = 0; at < bytes.length; at += blockBytes) {
    do for (let i = 0; i < drawn.length; i++) drawn[i] = rng.integer(2 ** 32);
    while (!isOrdinary(dequantize(type, block)));
    bytes.set(block, at);
  }
  return bytes;
}

/** Finite, and the largest neither lost beside other blocks nor drowning them. */
function isOrdinary(values: Float32Array): boolean {
  let largest = 0; // NaN when any value is
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest >= 0.25 && largest <= 4;
}
