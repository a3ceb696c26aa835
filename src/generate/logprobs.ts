// Log-probabilities of the model itself, before any sampling option: what `logprobs` reports and what perplexity adds up.
import { UsageError } from "../errors.ts";
import { largest, maximum, type Row } from "./candidates.ts";

export interface TokenLogprob {
  readonly id: number;
  /** Natural logarithm. */
  readonly logprob: number;
}

/** ln(sum(exp(logits))), in float64 and without overflow. @param logits [vocabSize], not NaN */
export function logSumExp(logits: Row): number {
  const max = maximum(logits);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i] - max);
  return max + Math.log(sum);
}

/**
 * The log-probability of one token beside the `count` likeliest, best first (of equals the lowest id); the chosen one may be among them.
 * @throws UsageError for an id outside the vocabulary or a count that is not an integer from 0
 */
export function tokenLogprobs(logits: Float32Array, id: number, count: number): TokenLogprob & { top: TokenLogprob[] } {
  if (!(id in logits)) throw new UsageError(`token ${id} has no logit: the vocabulary has ${logits.length}`);
  if (!Number.isSafeInteger(count) || count < 0) throw new UsageError(`${count} alternatives were asked for: expected an integer from 0`);
  const norm = logSumExp(logits);
  const top = Array.from(largest(logits, count), (i) => ({ id: i, logprob: logits[i] - norm }));
  return { id, logprob: logits[id] - norm, top: top.sort((a, b) => b.logprob - a.logprob) }; // stable: of equals the lowest id first
}
