// Constraints of tokens alone: one of several sequences, and one of two constraints.
import { InternalError } from "../../errors.ts";
import type { Constraint } from "../../generate/constraint.ts";

export interface OneOf extends Constraint {
  /** Which of the sequences has come, once one has. */
  readonly chosen: number | undefined;
}

/** One of these sequences of tokens, none of which begins as a whole with another one. */
export function oneOf(sequences: readonly (readonly number[])[]): OneOf {
  let alive = [...sequences.keys()];
  let length = 0;
  const next = (i: number): number => sequences[i][length];
  const chosen = (): number | undefined => alive.find((i) => sequences[i].length === length);
  const row = createRow();
  return {
    mask: (scores) => row.only(scores, alive.map(next)),
    accept(id) {
      alive = alive.filter((i) => next(i) === id);
      length++;
      if (alive.length === 0) throw new InternalError(`token ${id} is none of those that may come`);
    },
    acceptText: (text) => text === "",
    get chosen() {
      return chosen();
    },
    get finished() {
      return chosen() !== undefined;
    },
    dispose() {},
  };
}

export interface Either extends Constraint {
  /** Those that what has come is a beginning of. */
  readonly alive: readonly Constraint[];
}

/** What any of these allows. */
export function either(constraints: readonly Constraint[]): Either {
  let alive = constraints;
  let masks: readonly Float32Array[] = [];
  let row = new Float32Array(0);
  return {
    get alive() {
      return alive;
    },
    mask(scores) {
      masks = alive.map((constraint) => constraint.mask(scores));
      if (masks.length === 1) return masks[0];
      if (row.length !== scores.length) row = new Float32Array(scores.length);
      row.set(masks[0]);
      for (const mask of masks.slice(1)) for (let id = 0; id < row.length; id++) if (mask[id] > row[id]) row[id] = mask[id];
      return row;
    },
    accept(id) {
      alive = alive.filter((_, i) => masks[i][id] > Number.NEGATIVE_INFINITY);
      if (alive.length === 0) throw new InternalError(`token ${id} is none of those that may come`);
      for (const constraint of alive) constraint.accept(id);
    },
    acceptText(text) {
      const accepting = alive.filter((constraint) => constraint.acceptText(text));
      if (accepting.length > 0) alive = accepting;
      return accepting.length > 0;
    },
    get finished() {
      return alive.every(({ finished }) => finished);
    },
    dispose() {
      for (const constraint of constraints) constraint.dispose();
    },
  };
}

/** Scores of some tokens, or of all but some: a row of its own, used again. */
export function createRow(): {
  only(scores: Float32Array, ids: Iterable<number>): Float32Array;
  without(scores: Float32Array, ids: Iterable<number>): Float32Array;
} {
  let row = new Float32Array(0);
  const sized = (length: number): Float32Array => {
    if (row.length !== length) row = new Float32Array(length);
    return row;
  };
  return {
    only(scores, ids) {
      const kept = sized(scores.length).fill(Number.NEGATIVE_INFINITY);
      for (const id of ids) kept[id] = scores[id];
      return kept;
    },
    without(scores, ids) {
      const kept = sized(scores.length);
      kept.set(scores);
      for (const id of ids) kept[id] = Number.NEGATIVE_INFINITY;
      return kept;
    },
  };
}
