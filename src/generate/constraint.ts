// What an answer has to be, told token by token: what may come next, and when it is whole. Grammars are such constraints (grammar/), and whatever else
// decides about tokens can be one.

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
