// AdamW (Loshchilov & Hutter 2019) over a record of weights. The weights and their moments stay in the backend; here is only who gets what step.
import { ShapeError } from "../errors.ts";
import type { AdamWStep, Ops, Tensor, Weight } from "../ops/ops.ts";
import { elementCount } from "../tensor/shape.ts";

export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Of matrices: gains and biases, which have one dimension, lose nothing. */
  readonly weightDecay: number;
}

/** What an optimiser remembers of each weight, by its path. */
export interface AdamWState<W> {
  /** Steps that were taken. */
  steps: number;
  readonly moments: Readonly<Record<string, { readonly m: W; readonly v: W }>>;
}

/** The same as plain numbers: with the weights, all that goes on bit for bit later. */
export interface SavedAdamW {
  readonly steps: number;
  readonly moments: Readonly<Record<string, { readonly m: Float32Array; readonly v: Float32Array }>>;
}

/** @param weights F32, by their paths: those that are trained */
export function beginAdamW<T extends Tensor, W extends Weight>(ops: Ops<T, W>, weights: Readonly<Record<string, W>>): AdamWState<W> {
  const zeros = ({ shape }: W): W => ops.weight(shape, "F32", new Uint8Array(4 * elementCount(shape)));
  return { steps: 0, moments: mapRecord(weights, (w) => ({ m: zeros(w), v: zeros(w) })) };
}

/**
 * Changes every weight and its moments, and counts the step.
 *
 * @param gradients by the same paths
 * @throws ShapeError when a weight has no gradient; nothing has changed then
 */
export function stepAdamW<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  { weightDecay, ...options }: AdamWOptions,
  state: AdamWState<W>,
  weights: Readonly<Record<string, W>>,
  gradients: Readonly<Record<string, T>>,
  rest: Pick<AdamWStep<T>, "learningRate" | "gradientScale" | "clip">,
): void {
  for (const path of Object.keys(weights)) {
    if (!gradients[path])
      throw new ShapeError(`adamW: ${path} has no gradient: the loss does not depend on it, or it is not to be trained`);
  }
  state.steps += 1;
  for (const [path, w] of Object.entries(weights)) {
    const { m, v } = state.moments[path];
    ops.adamW(w, m, v, gradients[path], { ...options, ...rest, weightDecay: w.shape.length > 1 ? weightDecay : 0, step: state.steps });
  }
}

/** To be awaited before the next step. */
export async function saveAdamW<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  { steps, moments }: AdamWState<W>,
): Promise<SavedAdamW> {
  const saved: Record<string, { m: Float32Array; v: Float32Array }> = {};
  for (const [path, { m, v }] of Object.entries(moments)) saved[path] = { m: await ops.exportWeight(m), v: await ops.exportWeight(v) };
  return { steps, moments: saved };
}

/**
 * @param weights those that the state was saved with
 * @throws ShapeError when it is that of other weights
 */
export function restoreAdamW<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  { steps, moments }: SavedAdamW,
  weights: Readonly<Record<string, W>>,
): AdamWState<W> {
  const extra = Object.keys(moments).find((path) => !weights[path]);
  if (extra) throw new ShapeError(`adamW: the state has moments of ${extra}, which is not among the weights: it belongs to another model`);
  const restored = (path: string, { shape }: W, values: Float32Array): W => {
    if (values.length !== elementCount(shape)) {
      throw new ShapeError(
        `adamW: the state has ${values.length} moments of ${path}, expected ${elementCount(shape)}: it belongs to another model`,
      );
    }
    return ops.weight(shape, "F32", new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  };
  return {
    steps,
    moments: mapRecord(weights, (w, path) => {
      if (!moments[path]) throw new ShapeError(`adamW: the state has no moments of ${path}: it belongs to another model`);
      return { m: restored(path, w, moments[path].m), v: restored(path, w, moments[path].v) };
    }),
  };
}

function mapRecord<A, B>(record: Readonly<Record<string, A>>, make: (value: A, path: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([path, value]) => [path, make(value, path)]));
}
