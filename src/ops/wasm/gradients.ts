// The backward ops of the wasm backend, recorded as the forward ones are (index.ts).
import { elementCount } from "../../tensor/shape.ts";
import type { AttentionView, Ops } from "../ops.ts";
import * as rules from "../shape-rules.ts";
import { activationCode } from "./activation-codes.ts";
import * as op from "./opcodes.ts";
import { addressOf, bits, known, type Tensors, type WasmTensor, type WasmWeight } from "./tensors.ts";

type BackwardOps = Pick<
  Ops<WasmTensor, WasmWeight>,
  | "embedBackward"
  | "gatherBackward"
  | "linearInputGradient"
  | "linearWeightGradient"
  | "biasGradient"
  | "rmsNormBackward"
  | "layerNormBackward"
  | "ropeBackward"
  | "attendBackward"
  | "activationBackward"
  | "gatedActivationBackward"
  | "softcapBackward"
  | "logProbsBackward"
>;

/** Scratch of kernels/backward/products.ts: 256 rows of a weight by 32 columns, and 8 rows of them as they are widened. */
const TURNED = 4 * (256 * 32 + 32 * 8);
/** Tokens that meet in a weight's gradient at once, and rows of it that walk along them. */
const PIECE = 256;
const SIDE = 132;
/** Tokens that walk together in kernels/backward/attention.ts. */
const TOKENS = 24;

export function gradientOps({ make, input, at, passing }: Tensors): BackwardOps {
  const addRows = (dy: WasmTensor, rows: WasmTensor, shape: readonly number[]): WasmTensor => {
    const { room } = dy;
    const out = make(room, shape);
    const places = at(rows, room);
    room.record(
      op.ADD_ROWS,
      [dy.region, places],
      [out.region],
      [dy.region.address, places.address, out.region.address, dy.shape[0], ...shape],
    );
    return out;
  };
  /** @returns dx; mean and inverse deviation of each row go to `moments` */
  const normBackward = (code: number, dy: WasmTensor, x: WasmTensor, gain: WasmWeight, words: readonly number[], hasBias: boolean) => {
    const { room } = gain;
    const [tokens, dim] = x.shape;
    const [dx, dgain] = [make(room, x.shape), make(room, [dim])];
    const dbias = hasBias ? make(room, [dim]) : undefined;
    const moments = passing(room, 8 * tokens);
    const [g, from] = [at(dy, room), at(x, room)];
    const places = [g, from, gain.region, dx.region, moments].map(addressOf);
    room.record(code, [g, from], [dx.region, moments], [...places, tokens, dim, ...words]);
    const sums = dbias ? [dgain.region, dbias.region] : [dgain.region];
    const sumWords = [...[g, from, moments, dgain.region, dbias?.region].map(addressOf), tokens, dim];
    room.record(op.NORM_GRADIENTS, [g, from, moments], sums, sumWords);
    return { dx, dgain, dbias };
  };

  return {
    embedBackward(dy, table, ids) {
      const shape = rules.embedBackward(dy, table, ids);
      rules.indices("embedBackward", "ids", known(ids), shape[0]);
      return addRows(dy, ids, shape);
    },
    gatherBackward(dy, rows, tokens) {
      const shape = rules.gatherBackward(dy, rows, tokens);
      rules.indices("gatherBackward", "rows", known(rows), tokens);
      return addRows(dy, rows, shape);
    },

    linearInputGradient(dy, w) {
      const { room, layout } = w;
      const dx = make(room, rules.linearInputGradient(dy, w));
      const [out, inner] = w.shape;
      const g = at(dy, room);
      const words = [
        g.address,
        w.region.address,
        layout.kind,
        layout.zero,
        dx.region.address,
        dy.shape[0],
        out,
        inner,
        ...room.scratch(TURNED),
      ];
      room.record(op.INPUT_GRADIENT, [g], [dx.region], words);
      return dx;
    },
    linearWeightGradient(dy, x) {
      const { room } = x;
      const dw = make(room, rules.linearWeightGradient(dy, x));
      const g = at(dy, room);
      const panels = Math.ceil(x.shape[1] / 8);
      const words = [
        g.address,
        x.region.address,
        dw.region.address,
        x.shape[0],
        ...dw.shape,
        ...room.scratch((32 * PIECE + 64) * panels + (4 * PIECE + 64) * SIDE),
      ];
      room.record(op.WEIGHT_GRADIENT, [g, x.region], [dw.region], words);
      return dw;
    },
    biasGradient(dy) {
      const { room } = dy;
      const dbias = make(room, rules.biasGradient(dy));
      room.record(op.BIAS_GRADIENT, [dy.region], [dbias.region], [dy.region.address, dbias.region.address, ...dy.shape]);
      return dbias;
    },

    rmsNormBackward(dy, x, gain, eps, part = 1) {
      const [, dim] = rules.normBackward("rmsNormBackward", dy, x, gain);
      const { dx, dgain } = normBackward(op.RMS_NORM_BACKWARD, dy, x, gain, [bits(eps), Math.ceil(part * dim)], false);
      return { dx, dgain };
    },
    layerNormBackward(dy, x, gain, eps) {
      rules.normBackward("layerNormBackward", dy, x, gain);
      const { dx, dgain, dbias } = normBackward(op.LAYER_NORM_BACKWARD, dy, x, gain, [bits(eps)], true);
      return { dx, dgain, dbias: dbias! };
    },

    ropeBackward(dy, rotation, headDim) {
      const { room } = dy;
      const dx = make(room, rules.rope(dy, rotation, headDim, "ropeBackward"));
      const angles = at(rotation, room);
      const sizes = [dy.shape[0], dy.shape[1] / headDim, headDim, rotation.shape[1] / 2];
      room.record(op.ROPE_BACKWARD, [dy.region, angles], [dx.region], [dy.region.address, angles.address, dx.region.address, ...sizes]);
      return dx;
    },
    attendBackward(dy, y, q, k, v, view, spec) {
      rules.attendBackward(dy, y, q, k, v, view, spec);
      const { nHeads, nKvHeads, headDim, scale, softcap = 0, alibiSlopes } = spec;
      const { room } = q;
      const [dq, dk, dv] = [make(room, q.shape), make(room, k.shape), make(room, v.shape)];
      const { bounds, mostKeys } = runsOf(view, q.shape[0], k.shape[0]);
      const runs = input(room, bounds).region;
      const slopes = alibiSlopes && input(room, Float32Array.from(alibiSlopes)).region;
      const columns = Math.ceil(mostKeys / 8) * 8 + 8;
      const scratch = room.scratch(4 * columns * (2 * headDim + 3 * TOKENS));
      const reads = [at(dy, room), q.region, at(k, room), at(v, room), at(view.first, room), at(view.end, room), runs];
      const writes = [dq.region, dk.region, dv.region];
      const [g, query, key, value, first, end] = reads;
      const words = [
        ...[g, query, key, value, ...writes, first, end, runs].map(addressOf),
        ...[bounds.length / 2 - 1, nHeads, nKvHeads, headDim, bits(scale), bits(softcap), addressOf(slopes), columns, ...scratch],
      ];
      room.record(op.ATTEND_BACKWARD, [...reads, slopes], writes, words);
      return { dq, dk, dv };
    },

    activationBackward(kind, dy, x) {
      const { room } = x;
      const dx = make(room, rules.elementwise("activationBackward", dy, x));
      const g = at(dy, room);
      const words = [...activationCode(kind), g.address, x.region.address, dx.region.address, elementCount(x.shape)];
      room.record(op.ACTIVATION_BACKWARD, [g, x.region], [dx.region], words);
      return dx;
    },
    gatedActivationBackward(kind, dy, gate, up) {
      rules.elementwise("gatedActivationBackward", gate, up);
      const shape = rules.elementwise("gatedActivationBackward", gate, dy);
      const { room } = up;
      const [dgate, dup] = [make(room, shape), make(room, shape)];
      const reads = [at(dy, room), at(gate, room), up.region];
      const writes = [dgate.region, dup.region];
      const words = [...activationCode(kind), ...[...reads, ...writes].map(addressOf), elementCount(shape)];
      room.record(op.GATED_ACTIVATION_BACKWARD, reads, writes, words);
      return { dgate, dup };
    },
    softcapBackward(dy, x, cap) {
      const { room } = x;
      const dx = make(room, rules.elementwise("softcapBackward", dy, x));
      const g = at(dy, room);
      room.record(
        op.SOFTCAP_BACKWARD,
        [g, x.region],
        [dx.region],
        [g.address, x.region.address, dx.region.address, bits(cap), elementCount(x.shape)],
      );
      return dx;
    },
    logProbsBackward(dy, logits, targets) {
      const { room } = logits;
      const dlogits = make(room, rules.logProbsBackward(dy, logits, targets));
      const [g, wanted] = [at(dy, room), at(targets, room)];
      const words = [g.address, logits.region.address, wanted.address, dlogits.region.address, ...logits.shape];
      room.record(op.LOG_PROBS_BACKWARD, [g, logits.region, wanted], [dlogits.region], words);
      return dlogits;
    },
  };
}

/**
 * Runs of tokens whose keys no other run sees, as documents packed one after the other are: threads share them.
 *
 * @returns the first token and the first key of each run, then the numbers of tokens and keys; the keys of the longest
 */
function runsOf(view: AttentionView<WasmTensor>, tokens: number, keys: number): { bounds: Int32Array; mostKeys: number } {
  const [first, end] = [known(view.first), known(view.end)];
  /** The first key that any token from here on sees. */
  const ahead = new Int32Array(tokens);
  for (let t = tokens - 1, least = keys; t >= 0; t--) {
    if (first[t] < end[t]) least = Math.min(least, first[t]);
    ahead[t] = least;
  }
  const bounds = [0, 0];
  let mostKeys = 0;
  let seen = 0; // one past the last key of the tokens so far
  const close = (token: number, key: number): void => {
    mostKeys = Math.max(mostKeys, key - bounds[bounds.length - 1]);
    bounds.push(token, key);
  };
  for (let t = 0; t < tokens; t++) {
    if (t > bounds[bounds.length - 2] && seen > bounds[bounds.length - 1] && ahead[t] >= seen) close(t, seen);
    if (first[t] < end[t]) seen = Math.max(seen, end[t]);
  }
  close(tokens, keys);
  return { bounds: Int32Array.from(bounds), mostKeys };
}
