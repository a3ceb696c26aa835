// The cuts of the sampler chain: each keeps some of the candidates, at least the likeliest or most typical one.
import { type Candidates, everyToken, heaviest, largest, maximum, pick, type Row, softmax } from "./candidates.ts";
import { logSumExp } from "./logprobs.ts";

/** The k likeliest; of equal logits the lowest ids. k = 0 keeps all. */
export function topK(logits: Row, k: number): Candidates {
  if (k === 0 || k >= logits.length) return everyToken(logits);
  const ids = largest(logits, k);
  return { ids, logits: Float64Array.from(ids, (id) => logits[id]) };
}

/** The smallest set of likeliest tokens whose probabilities reach p together (nucleus sampling: Holtzman 2020). p = 1 keeps all. */
export function topP(candidates: Candidates, p: number): Candidates {
  return p === 1 ? candidates : pick(candidates, heaviest(candidates.logits, p, softmax(candidates.logits)));
}

/** Tokens at least p times as likely as the likeliest (Nguyen 2024). p = 0 keeps all. */
export function minP(candidates: Candidates, p: number): Candidates {
  return p === 0 ? candidates : atLeast(candidates, maximum(candidates.logits) + Math.log(p));
}

/** The smallest set, of probability p together, whose surprise -ln(probability) is nearest to its expectation, the entropy (Meister 2022). p = 1 keeps all. */
export function typicalP(candidates: Candidates, p: number): Candidates {
  if (p === 1) return candidates;
  const { logits } = candidates;
  const norm = logSumExp(logits);
  const probabilities = softmax(logits);
  let entropy = norm;
  for (let i = 0; i < logits.length; i++) if (probabilities[i] > 0) entropy -= probabilities[i] * logits[i];
  const typicality = new Float64Array(logits.length);
  for (let i = 0; i < logits.length; i++) typicality[i] = -Math.abs(norm - logits[i] - entropy);
  return pick(candidates, heaviest(typicality, p, probabilities));
}

/** Tokens whose logit is not below `floor`. */
export function atLeast(candidates: Candidates, floor: number): Candidates {
  const { logits } = candidates;
  const positions = new Int32Array(logits.length);
  let count = 0;
  for (let i = 0; i < logits.length; i++) if (logits[i] >= floor) positions[count++] = i;
  return pick(candidates, positions.subarray(0, count));
}
