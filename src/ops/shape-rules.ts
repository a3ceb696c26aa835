// The shape rule of every op, written once: a backend calls the rule first and gets the shape of the result, or a ShapeError.
import { ShapeError } from "../errors.ts";
import { elementCount, type Shape, sameShape, showShape } from "../tensor/shape.ts";
import type { AttentionSpec, AttentionView, Tensor, Weight } from "./ops.ts";

type Shaped = { readonly shape: Shape };

function expectShape(op: string, what: string, given: Shaped, expected: Shape): void {
  if (!sameShape(given.shape, expected)) {
    throw new ShapeError(`${op}: ${what} has shape ${showShape(given.shape)}, expected ${showShape(expected)}`);
  }
}

function expectMatrix(op: string, what: string, given: Shaped): readonly [number, number] {
  if (given.shape.length !== 2) throw new ShapeError(`${op}: ${what} has shape ${showShape(given.shape)}, expected two dimensions`);
  return [given.shape[0], given.shape[1]];
}

function expectInts(op: string, what: string, given: Tensor, shape: Shape): void {
  if (given.dtype !== "i32") throw new ShapeError(`${op}: ${what} holds float32, expected int32`);
  expectShape(op, what, given, shape);
}

export function input(values: ArrayLike<number>, shape: Shape = [values.length]): Shape {
  if (elementCount(shape) !== values.length) {
    throw new ShapeError(`input: ${values.length} values do not fill shape ${showShape(shape)}`);
  }
  return shape;
}

export function reshape(x: Tensor, shape: Shape): Shape {
  if (elementCount(x.shape) !== elementCount(shape)) {
    throw new ShapeError(`reshape: ${showShape(x.shape)} and ${showShape(shape)} hold different numbers of values`);
  }
  return shape;
}

export function embed(table: Weight, ids: Tensor): Shape {
  const [, dim] = expectMatrix("embed", "table", table);
  expectInts("embed", "ids", ids, [ids.shape[0]]);
  return [ids.shape[0], dim];
}

export function gather(x: Tensor, rows: Tensor): Shape {
  const [, dim] = expectMatrix("gather", "x", x);
  expectInts("gather", "rows", rows, [rows.shape[0]]);
  return [rows.shape[0], dim];
}

export function linear(x: Tensor, w: Weight, bias?: Weight): Shape {
  const [tokens] = expectMatrix("linear", "x", x);
  const [out, inner] = expectMatrix("linear", "w", w);
  expectShape("linear", "x", x, [tokens, inner]);
  if (bias) expectShape("linear", "bias", bias, [out]);
  return [tokens, out];
}

export function linearInputGradient(dy: Tensor, w: Weight): Shape {
  const [tokens] = expectMatrix("linearInputGradient", "dy", dy);
  const [out, inner] = expectMatrix("linearInputGradient", "w", w);
  expectShape("linearInputGradient", "dy", dy, [tokens, out]);
  return [tokens, inner];
}

export function linearWeightGradient(dy: Tensor, x: Tensor): Shape {
  const [tokens, out] = expectMatrix("linearWeightGradient", "dy", dy);
  const [, inner] = expectMatrix("linearWeightGradient", "x", x);
  expectShape("linearWeightGradient", "x", x, [tokens, inner]);
  return [out, inner];
}

export function norm(op: string, x: Tensor, gain: Weight, bias?: Weight): Shape {
  const [tokens, dim] = expectMatrix(op, "x", x);
  expectShape(op, "gain", gain, [dim]);
  if (bias) expectShape(op, "bias", bias, [dim]);
  return [tokens, dim];
}

export function rope(x: Tensor, rotation: Tensor, headDim: number): Shape {
  const [tokens, width] = expectMatrix("rope", "x", x);
  const [, rotaryDim] = expectMatrix("rope", "rotation", rotation);
  expectShape("rope", "rotation", rotation, [tokens, rotaryDim]);
  if (width % headDim !== 0 || rotaryDim > headDim || rotaryDim % 2 !== 0) {
    throw new ShapeError(`rope: rows of ${width} do not split into heads of ${headDim} with ${rotaryDim} turning entries (an even number)`);
  }
  return x.shape;
}

export function attend(q: Tensor, k: Tensor, v: Tensor, view: AttentionView<Tensor>, spec: AttentionSpec): Shape {
  const { nHeads, nKvHeads, headDim } = spec;
  const [tokens] = expectMatrix("attend", "q", q);
  const [keys] = expectMatrix("attend", "k", k);
  if (nHeads % nKvHeads !== 0) throw new ShapeError(`attend: ${nHeads} query heads cannot share ${nKvHeads} key/value heads evenly`);
  if (spec.alibiSlopes && spec.alibiSlopes.length !== nHeads) {
    throw new ShapeError(`attend: ${spec.alibiSlopes.length} ALiBi slopes for ${nHeads} heads`);
  }
  expectShape("attend", "q", q, [tokens, nHeads * headDim]);
  expectShape("attend", "k", k, [keys, nKvHeads * headDim]);
  expectShape("attend", "v", v, [keys, nKvHeads * headDim]);
  expectInts("attend", "view.first", view.first, [tokens]);
  expectInts("attend", "view.end", view.end, [tokens]);
  if (view.paged) {
    const { layout } = view.paged.cache;
    if (keys !== tokens) throw new ShapeError(`attend: with a cache, k has ${keys} rows, expected one a token: ${tokens}`);
    if (layout.nKvHeads !== nKvHeads || layout.headDim !== headDim || spec.layer >= layout.nLayers) {
      throw new ShapeError(
        `attend: the cache holds ${layout.nLayers} layers of ${layout.nKvHeads} x ${layout.headDim}, expected ${nKvHeads} x ${headDim}`,
      );
    }
    expectInts("attend", "paged.slots", view.paged.slots, [tokens]);
    expectInts("attend", "paged.sequence", view.paged.sequence, [tokens]);
    expectMatrix("attend", "paged.pages", view.paged.pages);
  }
  return q.shape;
}

/** Elementwise ops of two tensors. */
export function same(op: string, x: Tensor, y: Tensor): Shape {
  expectShape(op, "the second argument", y, x.shape);
  return x.shape;
}

export function logProbs(logits: Tensor, targets: Tensor): Shape {
  const [tokens] = expectMatrix("logProbs", "logits", logits);
  expectInts("logProbs", "targets", targets, [tokens]);
  return [tokens];
}
