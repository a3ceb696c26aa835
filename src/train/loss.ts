// The loss of pretraining: the mean negative log-likelihood of the next token.
import { logits } from "../model/transformer.ts";
import type { Ops, Tensor, Weight } from "../ops/ops.ts";
import type { Recorded, Tape } from "../ops/tape.ts";
import type { TrainedModel } from "./trained-model.ts";

/** Whose scores exist together: [512, vocabSize] instead of [tokens, vocabSize]. */
export const tokensAtATime = 512;

/** What the value of a target is that does not count, as PyTorch has it. */
export const ignored = -100;

/**
 * Begins the way back of the cross-entropy of all tokens: `t.backward()` goes on from here.
 *
 * @param h       what the model gives: [tokens, dim]
 * @param targets the token that follows each; negative where nothing is to be learned
 * @param weight  of each token in the loss: 1 / how many count, for the mean
 * @returns       log-probability of every target: parts of at most 512 tokens, in order, 0 where a target does not count
 */
export function descendCrossEntropy<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  t: Tape<T, W>,
  { config, weights }: TrainedModel<W>,
  h: Recorded<T>,
  targets: Int32Array,
  weight: number,
): T[] {
  return parts(targets).map(({ rows, wanted }) => {
    const gradient = ops.input(new Float32Array(rows.length).fill(-weight));
    return t.descend((x) => t.logProbs(logits(t, config, weights, x), t.input(wanted)), t.gather(h, t.input(rows)), gradient);
  });
}

/** The same values without a way back. */
export function logProbsOf<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  { config, weights }: TrainedModel<W>,
  h: T,
  targets: Int32Array,
): T[] {
  return parts(targets).map(({ rows, wanted }) =>
    ops.scope(() => ops.logProbs(logits(ops, config, weights, ops.gather(h, ops.input(rows))), ops.input(wanted))),
  );
}

/** In float64, tokens ascending. */
export async function sumLogProbs<T extends Tensor, W extends Weight>(ops: Ops<T, W>, logProbs: readonly T[]): Promise<number> {
  const values = await Promise.all(logProbs.map((part) => ops.read(part)));
  return values.reduce((sum, part) => part.reduce((inner, value) => inner + value, sum), 0);
}

export function countTargets(targets: Int32Array): number {
  return targets.reduce((count, target) => count + Number(target >= 0), 0);
}

function parts(targets: Int32Array): { rows: Int32Array; wanted: Int32Array }[] {
  return Array.from({ length: Math.ceil(targets.length / tokensAtATime) }, (_, i) => {
    const from = i * tokensAtATime;
    const wanted = targets.subarray(from, from + tokensAtATime);
    return { rows: Int32Array.from(wanted, (_, row) => from + row), wanted };
  });
}
