// What an optimiser asks of the wasm backend: sums of squares, and weights that change in their place.
import { UnsupportedError } from "../../errors.ts";
import type { Ops } from "../ops.ts";
import * as rules from "../shape-rules.ts";
import * as op from "./opcodes.ts";
import { addressOf, bits, type Tensors, type WasmTensor, type WasmWeight } from "./tensors.ts";

export function trainingOps({ make, at, passing }: Tensors): Pick<Ops<WasmTensor, WasmWeight>, "globalNorm" | "adamW"> {
  return {
    globalNorm(xs) {
      const shape = rules.globalNorm(xs);
      const { room } = xs[0];
      const y = make(room, shape);
      const rowsOf = (x: WasmTensor): number => (x.shape.length === 1 ? 1 : x.shape[0]);
      const count = xs.reduce((sum, x) => sum + rowsOf(x), 0);
      const sums = passing(room, 8 * count); // of squares, one a row
      let from = sums.address;
      for (const x of xs) {
        const rows = rowsOf(x);
        const place = at(x, room);
        const words = [place.address, from, rows, place.byteLength / 4 / rows];
        room.record(op.SQUARES, [place], [{ address: from, size: 8 * rows }], words);
        from += 8 * rows;
      }
      room.record(op.NORM, [sums], [y.region], [sums.address, y.region.address, count], true);
      return y;
    },

    adamW(w, m, v, gradient, { learningRate, beta1, beta2, eps, weightDecay, step, gradientScale, clip }) {
      rules.adamW(w, m, v, gradient, clip?.norm);
      const { room } = w;
      for (const moments of [m, v]) {
        if (moments.room !== room)
          throw new UnsupportedError("adamW: a weight and its moments lie in different memories of the wasm backend");
      }
      const { rows, columns } = w.layout;
      const isMatrix = w.shape.length === 2;
      const g = at(gradient, room);
      const norm = clip && at(clip.norm, room);
      const numbers = [
        ...[beta1, 1 - beta1, beta2, 1 - beta2, 1 - learningRate * weightDecay],
        ...[learningRate / (1 - beta1 ** step), 1 / (1 - beta2 ** step), eps, gradientScale, clip?.most ?? 0],
      ];
      const regions = [w.region, m.region, v.region];
      const words = [...regions, g, norm].map(addressOf);
      words.push(rows, columns, isMatrix ? 1 : 0, ...room.scratch(isMatrix ? 32 * columns : 0), ...numbers.map(bits));
      // Other commands do not name the weights that they read.
      room.barrier();
      room.record(op.ADAM_W, [...regions, g, norm], regions, words);
      room.barrier();
      for (const [other, copy] of w.elsewhere) {
        room.run();
        other.barrier();
        other.recordInput(copy, room.heap.floats(w.region));
        other.barrier();
      }
    },
  };
}
