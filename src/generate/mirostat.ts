// Mirostat v2 (Basu et al. 2021, "Mirostat: a neural text decoding algorithm that directly controls perplexity"): tokens more surprising
// than mu bits are cut, and after each draw mu moves against the error, so that the surprise of the text settles at tau.
// The observed surprise is the model's own, before the cut, as in the paper; llama.cpp takes it after the cut.
import { type Candidates, maximum } from "./candidates.ts";
import { logSumExp } from "./logprobs.ts";
import type { Sampling } from "./sampling-options.ts";
import { atLeast } from "./truncation.ts";

/**
 * One step: what is left of the candidates under `mu` (2 tau at the start, and always the likeliest one), and how `mu` goes on from the
 * token drawn of them.
 */
export function mirostat(
  candidates: Candidates,
  mu: number | undefined,
  { tau, eta }: NonNullable<Sampling["mirostat"]>,
): { kept: Candidates; next: (id: number) => number } {
  const limit = mu ?? 2 * tau;
  const norm = logSumExp(candidates.logits);
  const kept = atLeast(candidates, Math.min(maximum(candidates.logits), norm - limit * Math.LN2));
  const surprise = (id: number): number => (norm - kept.logits[kept.ids.indexOf(id)]) / Math.LN2; // bits
  return { kept, next: (id) => limit - eta * (surprise(id) - tau) };
}
