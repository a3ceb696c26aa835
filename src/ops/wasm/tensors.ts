// Tensors and weights in the rooms: where each lies, its copies in other rooms, and the scopes that give memory back.
import { UnsupportedError } from "../../errors.ts";
import { elementCount, type Shape } from "../../tensor/shape.ts";
import type { Tensor, Weight } from "../ops.ts";
import * as rules from "../shape-rules.ts";
import type { Region } from "./memory.ts";
import type { Room } from "./room.ts";
import type { PackedLayout } from "./weights.ts";

export interface WasmTensor extends Tensor {
  readonly room: Room;
  readonly region: Region;
  /** What came in from outside: known without asking the threads. */
  readonly values?: Int32Array | Float32Array;
  /** Copies in other rooms, the same rounded to 8 bits, the largest of its values: made once. */
  readonly made: { elsewhere?: Map<Room, Region>; codes?: Region; largest?: number };
}

export interface WasmWeight extends Weight {
  readonly layout: PackedLayout;
  readonly room: Room;
  readonly region: Region;
  /** Copies of a vector that goes with weights of other rooms. */
  readonly elsewhere: Map<Room, Region>;
}

export interface Tensors {
  /** Memory that goes back when the scope ends. */
  passing(room: Room, byteLength: number): Region;
  make(room: Room, shape: Shape, dtype?: "f32" | "i32"): WasmTensor;
  input(room: Room, values: Int32Array | Float32Array, shape?: Shape): WasmTensor;
  /** Where a tensor lies in a room; it is copied there if need be. */
  at(x: WasmTensor, room: Room): Region;
  /** The same for a vector of weights, which stays. */
  vectorAt(w: WasmWeight | undefined, room: Room): Region | undefined;
  scope<R>(body: () => R): R;
}

export function createTensors(): Tensors {
  /** Passing regions of the innermost scope. */
  let live: Region[] = [];
  const passing = (room: Room, byteLength: number): Region => {
    const region = room.heap.allocate(byteLength, "passing");
    live.push(region);
    return region;
  };
  const make = (room: Room, shape: Shape, dtype: "f32" | "i32" = "f32"): WasmTensor => ({
    shape,
    dtype,
    room,
    region: passing(room, 4 * elementCount(shape)),
    made: {},
  });
  return {
    passing,
    make,
    input(room, values, shape) {
      const x = { ...make(room, rules.input(values, shape), values instanceof Int32Array ? "i32" : "f32"), values };
      room.recordInput(x.region, values);
      return x;
    },
    at(x, room) {
      if (x.room === room) return x.region;
      x.made.elsewhere ??= new Map();
      const known = x.made.elsewhere.get(room);
      if (known && !known.isFree) return known;
      const copy = passing(room, x.region.byteLength);
      if (x.values) room.recordInput(copy, x.values);
      else room.recordCrossing(x.room, x.region, copy);
      x.made.elsewhere.set(room, copy);
      return copy;
    },
    vectorAt(w, room) {
      if (!w || w.room === room) return w?.region;
      let copy = w.elsewhere.get(room);
      if (!copy) {
        copy = room.heap.allocate(w.region.byteLength, "lasting");
        w.room.run(); // it may have been trained
        room.heap.bytes(copy).set(w.room.heap.bytes(w.region));
        w.elsewhere.set(room, copy);
      }
      return copy;
    },
    scope(body) {
      const around = live;
      const mine: Region[] = [];
      live = mine;
      const kept: Region[] = [];
      try {
        const result = body();
        collectRegions(result, kept);
        return result;
      } finally {
        for (const region of mine) {
          if (kept.includes(region)) around.push(region);
          else region.heap.free(region);
        }
        live = around;
      }
    },
  };
}

const floatBits = new Float32Array(1);
const intBits = new Int32Array(floatBits.buffer);

/** A float as the word that it is in a command. */
export function bits(value: number): number {
  floatBits[0] = value;
  return intBits[0];
}

export function addressOf(region: Region | undefined): number {
  return region?.address ?? 0;
}

/** The values of an input. Ids that were computed cannot be checked before they are used. */
export function known(x: WasmTensor): ArrayLike<number> {
  if (!x.values) throw new UnsupportedError("the wasm backend looks up ids that come from outside only (ops.input)");
  return x.values;
}

/** The largest value of an input of ints; `bound` where it was computed. */
export function largest(x: WasmTensor, bound: number): number {
  if (!x.values) return bound;
  x.made.largest ??= (x.values as Int32Array).reduce((most, value) => Math.max(most, value), 0);
  return x.made.largest;
}

/** The regions of all tensors in a value: alone, or in arrays and records. */
function collectRegions(value: unknown, into: Region[]): void {
  if (typeof value !== "object" || value === null) return;
  if ("region" in value && "dtype" in value) into.push(value.region as Region);
  else if (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) {
    for (const inner of Object.values(value)) collectRegions(inner, into);
  }
}
