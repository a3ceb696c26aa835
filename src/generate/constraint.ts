// What an answer has to be, told token by token: what may come next, and when it is whole. Grammars are such constraints (grammar/), and whatever else
// decides about tokens can be one.
import { InternalError } from "../errors.ts";

/** The state of one answer. Who made it disposes of it. */
export interface Constraint {
  /**
   * -Infinity for each token that may not come next.
   *
   * @param scores [vocabSize], left as they are
   * @returns      `scores` themselves where every token may come, otherwise a row that stays as it is until the next call
   */
  mask(scores: Float32Array): Float32Array;
  /** Takes the token that came next. @throws InternalError for one that mask() forbids */
  accept(id: number): void;
  /** Takes text that stands in the answer already, by whatever tokens it came. @returns whether it may; if not, nothing was taken */
  acceptText(text: string): boolean;
  /** Nothing may come any more but an end token: the answer is whole, and generate() ends it. */
  readonly finished: boolean;
  /** Gives memory back. Idempotent. */
  dispose(): void;
}

export interface LateConstraint extends Constraint {
  readonly started: boolean;
  /**
   * From the next token on the constraint holds. To be called between two pieces of an answer.
   *
   * @param written the text behind what made it start, which has come already
   * @throws InternalError when that text is not the beginning of anything that may come: look at acceptText() first where that can be
   */
  start(written?: string): void;
}

/**
 * A constraint that begins later: after the thoughts of a model, say. Until then every token may come but those of `endIds`, since an answer that
 * ends before it began is none.
 */
export function later(constraint: Constraint, endIds: ReadonlySet<number>): LateConstraint {
  let started = false;
  let row = new Float32Array(0);
  return {
    get started() {
      return started;
    },
    start(written = "") {
      if (written !== "" && !constraint.acceptText(written)) {
        throw new InternalError(`a constraint was to start behind ${JSON.stringify(written.slice(0, 100))}, which it forbids`);
      }
      started = true;
    },
    mask(scores) {
      if (started) return constraint.mask(scores);
      if (row.length !== scores.length) row = new Float32Array(scores.length);
      row.set(scores);
      for (const id of endIds) row[id] = Number.NEGATIVE_INFINITY;
      return row;
    },
    accept(id) {
      if (started) constraint.accept(id);
    },
    acceptText: (text) => !started || constraint.acceptText(text),
    get finished() {
      return started && constraint.finished;
    },
    dispose: () => constraint.dispose(),
  };
}
