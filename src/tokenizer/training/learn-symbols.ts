// Runs a learner until it has as many new symbols as a vocabulary has room for.

import { UsageError } from "../../errors.ts";
import { BREATH, standBack } from "./count-words.ts";
import type { Merge, MergeLearner } from "./learn-merges.ts";

export interface LearningWatch {
  /** Called now and then with the entries learned so far, and at the end. */
  readonly onProgress?: (learned: number, wanted: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Joins pairs until there are `wanted` new symbols. A merge whose text is there already is kept as a merge, and gives no new symbol.
 *
 * @param given entries of the vocabulary that are not learned, for the message
 * @throws UsageError when the text has too few pairs
 */
export async function learnSymbols(
  learner: MergeLearner,
  wanted: number,
  given: number,
  { onProgress, signal }: LearningWatch,
): Promise<Merge[]> {
  const merges: Merge[] = [];
  const first = learner.texts.length;
  let breath = performance.now();
  for (let learned = 0; learned < wanted; learned = learner.texts.length - first) {
    const merge = learner.step();
    if (!merge) {
      throw new UsageError(
        `the text has pairs for ${given + learned} entries, ${given + wanted} were asked for: give more text, or ask for ${given + learned} at most`,
      );
    }
    merges.push(merge);
    if (performance.now() - breath > BREATH) {
      onProgress?.(learned, wanted);
      await standBack();
      signal?.throwIfAborted();
      breath = performance.now();
    }
  }
  onProgress?.(wanted, wanted);
  return merges;
}
