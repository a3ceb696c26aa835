// Gradients of several batches as one, and the norm that they are clipped by.
import type { AdamWStep, Ops, Tensor, Weight } from "../ops/ops.ts";

/** The gradients of all batches so far, summed by the paths of the weights. To be called in the scope of the step, where sums may live until its end. */
export function addGradients<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  sums: Readonly<Record<string, T>> | undefined,
  gradients: Readonly<Record<string, T>>,
): Record<string, T> {
  const added = Object.entries(gradients).map(([path, g]) => [path, sums?.[path] ? ops.add(sums[path], g) : g]);
  return { ...sums, ...Object.fromEntries(added) };
}

/** What makes the norm of all gradients together `most` at most (Pascanu 2013). `norm` is theirs as they come. */
export function clipTo<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  gradients: Readonly<Record<string, T>>,
  most: number,
): NonNullable<AdamWStep<T>["clip"]> {
  return { norm: ops.globalNorm(Object.values(gradients)), most };
}
