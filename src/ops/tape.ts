// Reverse-mode differentiation over the contract: `tape(ops)` is itself an `Ops`. It records what the model calls, and `backward` runs the
// backward ops in reverse (Linnainmaa 1970; the layer_forward / layer_backward pairs of llm.c). So the model function that infers also trains.
import { ShapeError, UnsupportedError } from "../errors.ts";
import { sameShape, showShape } from "../tensor/shape.ts";
import type { AttentionView, Ops, Tensor, Weight } from "./ops.ts";

/** A tensor that a tape knows: the value that `ops` computed. */
export interface Recorded<T extends Tensor> extends Tensor {
  readonly value: T;
}

export interface Tape<T extends Tensor, W extends Weight> extends Ops<Recorded<T>, W> {
  /**
   * Gradients of a loss with respect to the trainable weights, float32 in the shape of each weight.
   *
   * @param output   what the loss depends on
   * @param gradient d loss / d output, in the shape of output
   * @returns        one entry for every trainable weight that output depends on
   */
  backward(output: Recorded<T>, gradient: T): Map<W, T>;
  /** The same for what {@link descend} has begun: all that is left is the way back from there. */
  backward(): Map<W, T>;
  /**
   * Runs `body` and takes its gradient at once, where that of its result is known before: a loss over one part of the tokens after the other never holds the scores of
   * all. What lies between is gone when it returns; the gradient of x waits for `backward()`.
   *
   * @param gradient d loss / d result, in the shape of the result
   */
  descend(body: (x: Recorded<T>) => Recorded<T>, x: Recorded<T>, gradient: T): T;
  /** Runs `body` without remembering what happens inside, and again when its gradient is needed: memory for time (Chen 2016). */
  checkpoint(body: (x: Recorded<T>) => Recorded<T>, x: Recorded<T>): Recorded<T>;
}

/** How to pass the gradient of one result on to what it was made from. */
interface Step<T extends Tensor> {
  readonly output: Recorded<T>;
  pull(dy: T): void;
}

/** About those of a block of a model. */
const STEPS_IN_A_SCOPE = 16;

/**
 * @param trainable which weights get gradients; by default all that are stored as floats wide enough to be updated
 */
export function tape<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  trainable: (w: W) => boolean = (w) => w.type === "F32" || w.type === "F64",
): Tape<T, W> {
  let steps: Step<T>[] = [];
  let recording = true;
  let gradients = new Map<Recorded<T>, T>();
  let weightGradients = new Map<W, T>();

  const record = (value: T, pull: (dy: T) => void = () => {}): Recorded<T> => {
    const output = { shape: value.shape, dtype: value.dtype, value };
    if (recording && value.dtype === "f32") steps.push({ output, pull });
    return output;
  };
  const give = (x: Recorded<T>, dx: T): void => {
    const sum = gradients.get(x);
    gradients.set(x, sum ? ops.add(sum, dx) : dx);
  };
  const giveWeight = (w: W, dw: () => T): void => {
    if (!trainable(w)) return;
    const sum = weightGradients.get(w);
    weightGradients.set(w, sum ? ops.add(sum, dw()) : dw());
  };
  const pull = ({ output, pull }: Step<T>): void => {
    const dy = gradients.get(output);
    if (!dy) return; // nothing that the loss sees
    gradients.delete(output);
    pull(dy);
  };
  /** Steps run in scopes of a few, so that the gradients that only they have seen go back early. */
  const runBackward = (from: Step<T>[]): void => {
    for (let end = from.length; end > 0; end -= STEPS_IN_A_SCOPE) {
      ops.scope(() => {
        for (let i = end - 1; i >= Math.max(0, end - STEPS_IN_A_SCOPE); i--) pull(from[i]);
        return [...gradients.values(), ...weightGradients.values()];
      });
    }
  };

  const withSteps = <R>(inner: Step<T>[], remember: boolean, run: () => R): R => {
    const outer = { steps, recording };
    steps = inner;
    recording = remember;
    try {
      return run();
    } finally {
      ({ steps, recording } = outer);
    }
  };

  return {
    backend: ops.backend,
    input: (values, shape) => record(ops.input(values, shape)),
    read: (x) => ops.read(x.value),
    weight: (shape, type, bytes) => ops.weight(shape, type, bytes),
    streamWeight: (shape, type, pieces) => ops.streamWeight(shape, type, pieces),
    exportWeight: (w) => ops.exportWeight(w),
    kvCache: (layout) => ops.kvCache(layout),
    copyPages: (cache, from, to) => ops.copyPages(cache, from, to),
    // What happens inside is needed until the gradient has been taken: the scope around the whole step gives it back.
    scope: (body) => body(),
    dispose: () => ops.dispose(),

    embed: (table, ids) => record(ops.embed(table, ids.value), (dy) => giveWeight(table, () => ops.embedBackward(dy, table, ids.value))),
    embedBackward: noSecondOrder,
    gather: (x, rows) => record(ops.gather(x.value, rows.value), (dy) => give(x, ops.gatherBackward(dy, rows.value, x.shape[0]))),
    gatherBackward: noSecondOrder,
    reshape: (x, shape) => record(ops.reshape(x.value, shape), (dy) => give(x, ops.reshape(dy, x.shape))),

    linear: (x, w, bias) =>
      record(ops.linear(x.value, w, bias), (dy) => {
        give(x, ops.linearInputGradient(dy, w));
        giveWeight(w, () => ops.linearWeightGradient(dy, x.value));
        if (bias) giveWeight(bias, () => ops.biasGradient(dy));
      }),
    linearInputGradient: noSecondOrder,
    linearWeightGradient: noSecondOrder,
    biasGradient: noSecondOrder,

    rmsNorm: (x, gain, eps, part) =>
      record(ops.rmsNorm(x.value, gain, eps, part), (dy) => {
        const { dx, dgain } = ops.rmsNormBackward(dy, x.value, gain, eps, part);
        give(x, dx);
        giveWeight(gain, () => dgain);
      }),
    rmsNormBackward: noSecondOrder,
    layerNorm: (x, gain, bias, eps) =>
      record(ops.layerNorm(x.value, gain, bias, eps), (dy) => {
        const { dx, dgain, dbias } = ops.layerNormBackward(dy, x.value, gain, eps);
        give(x, dx);
        giveWeight(gain, () => dgain);
        if (bias) giveWeight(bias, () => dbias);
      }),
    layerNormBackward: noSecondOrder,

    rope: (x, rotation, headDim) =>
      record(ops.rope(x.value, rotation.value, headDim), (dy) => give(x, ops.ropeBackward(dy, rotation.value, headDim))),
    ropeBackward: noSecondOrder,
    attend: (q, k, v, view, spec) => {
      const plain = valuesOf(view);
      const y = ops.attend(q.value, k.value, v.value, plain, spec);
      return record(y, (dy) => {
        const { dq, dk, dv } = ops.attendBackward(dy, y, q.value, k.value, v.value, plain, spec);
        give(q, dq);
        give(k, dk);
        give(v, dv);
      });
    },
    attendBackward: noSecondOrder,

    add: (x, y) =>
      record(ops.add(x.value, y.value), (dy) => {
        give(x, dy);
        give(y, dy);
      }),
    multiply: (x, y) =>
      record(ops.multiply(x.value, y.value), (dy) => {
        give(x, ops.multiply(dy, y.value));
        give(y, ops.multiply(dy, x.value));
      }),
    scale: (x, factor) => record(ops.scale(x.value, factor), (dy) => give(x, ops.scale(dy, factor))),
    activation: (kind, x) => record(ops.activation(kind, x.value), (dy) => give(x, ops.activationBackward(kind, dy, x.value))),
    activationBackward: noSecondOrder,
    gatedActivation: (kind, gate, up) =>
      record(ops.gatedActivation(kind, gate.value, up.value), (dy) => {
        const { dgate, dup } = ops.gatedActivationBackward(kind, dy, gate.value, up.value);
        give(gate, dgate);
        give(up, dup);
      }),
    gatedActivationBackward: noSecondOrder,
    softcap: (x, cap) => record(ops.softcap(x.value, cap), (dy) => give(x, ops.softcapBackward(dy, x.value, cap))),
    softcapBackward: noSecondOrder,
    logProbs: (logits, targets) =>
      record(ops.logProbs(logits.value, targets.value), (dy) => give(logits, ops.logProbsBackward(dy, logits.value, targets.value))),
    logProbsBackward: noSecondOrder,

    globalNorm: notRecorded,
    adamW: notRecorded,

    backward(output?: Recorded<T>, gradient?: T) {
      if (output && gradient) {
        checkGradient("backward", output, gradient);
        give(output, gradient);
      }
      runBackward(steps);
      const found = weightGradients;
      steps = [];
      gradients = new Map();
      weightGradients = new Map();
      return found;
    },

    descend(body, x, gradient) {
      if (!recording) throw new UnsupportedError("the tape descends where it records: not inside a checkpoint, which runs twice");
      const kept = ops.scope(() => {
        const inner: Step<T>[] = [];
        const y = withSteps(inner, true, () => body(x));
        checkGradient("descend", y, gradient);
        give(y, gradient);
        runBackward(inner);
        return [y.value, ...gradients.values(), ...weightGradients.values()];
      });
      return kept[0];
    },

    checkpoint(body, x) {
      const value = ops.scope(() => withSteps([], false, () => body(x).value));
      return record(value, (dy) => {
        // Of all that is computed again, only gradients outlive the scope.
        ops.scope(() => {
          const inner: Step<T>[] = [];
          const y = withSteps(inner, true, () => body(x));
          give(y, dy);
          runBackward(inner);
          return [...gradients.values(), ...weightGradients.values()];
        });
      });
    },
  };
}

function checkGradient(name: string, output: Tensor, gradient: Tensor): void {
  if (sameShape(output.shape, gradient.shape)) return;
  throw new ShapeError(`${name}: the gradient is ${showShape(gradient.shape)}, the output ${showShape(output.shape)}`);
}

function valuesOf<T extends Tensor>(view: AttentionView<Recorded<T>>): AttentionView<T> {
  if (view.paged) throw new UnsupportedError("attend: gradients do not flow through a key/value cache: train without one");
  return { first: view.first.value, end: view.end.value };
}

function noSecondOrder(): never {
  throw new UnsupportedError("the tape differentiates once: backward ops are not recorded");
}

function notRecorded(): never {
  throw new UnsupportedError("the tape records what a model computes: norms of gradients and steps of an optimiser go to its backend");
}
