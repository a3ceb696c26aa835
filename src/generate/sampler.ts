// From a row of logits to the next token: a chain of pure functions, in the order of llama.cpp's default chain.
//
//     bias -> penalties -> top-k -> typical -> top-p -> min-p -> temperature -> draw
//     bias -> penalties -> temperature -> mirostat -> draw
//
// The cuts see the model's own probabilities, temperature only spreads what they leave. Temperature 0 takes the largest logit after the
// penalties. A draw takes exactly one number from the Rng and a greedy choice none, so a sequence depends on its seed and logits alone.
import { InternalError, UsageError } from "../errors.ts";
import type { Rng } from "../tensor/rng.ts";
import { type Candidates, everyToken, maximum, type Row } from "./candidates.ts";
import { mirostat } from "./mirostat.ts";
import { adjust } from "./penalties.ts";
import type { Sampling } from "./sampling-options.ts";
import { minP, topK, topP, typicalP } from "./truncation.ts";

/** What the sampler chose. */
export interface Drawn {
  readonly id: number;
  /** Mirostat's state for the next token; undefined without mirostat. */
  readonly mu: number | undefined;
}

/**
 * Draws the next token.
 * @param logits  [vocabSize], left as they are; -Infinity marks a token that may not come
 * @param history the ids so far, oldest first, that the penalties look back on
 * @param mu      the `mu` of the previous draw; undefined at the start
 * @throws InternalError when a logit is NaN or +Infinity, or none is finite; UsageError for a bias on an id outside the vocabulary, or on every token
 */
export function sample(logits: Float32Array, history: readonly number[], sampling: Sampling, rng: Rng, mu?: number): Drawn {
  const row = adjust(logits, history, sampling);
  const best = likeliest(row);
  if (row[best] === Number.NEGATIVE_INFINITY) {
    if (sampling.logitBias.size > 0)
      throw new UsageError("every token is forbidden, by the model, the format or logitBias: allow at least one");
    throw new InternalError(`all ${row.length} logits are -Infinity: no token may come next`);
  }
  if (sampling.temperature === 0) return { id: best, mu };

  const { temperature } = sampling;
  if (sampling.mirostat) {
    const { kept, next } = mirostat(heat(everyToken(row), temperature), mu, sampling.mirostat);
    const id = draw(kept, 1, rng);
    return { id, mu: next(id) };
  }
  const cut = minP(topP(typicalP(topK(row, sampling.topK), sampling.typicalP), sampling.topP), sampling.minP);
  return { id: draw(cut, temperature, rng), mu: undefined };
}

/** Position of the largest logit, the first of equals. @throws InternalError for a NaN or +Infinity */
function likeliest(logits: Row): number {
  let best = 0;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i];
    if (logit <= max) continue;
    if (!(logit < Number.POSITIVE_INFINITY)) throw new InternalError(`the logit of token ${i} is ${logit}: the model's output is broken`);
    max = logit;
    best = i;
  }
  return best;
}

/** Divides by the temperature, from the largest logit down, so that none overflows however cold it is. */
function heat({ ids, logits }: Candidates, temperature: number): Candidates {
  const max = maximum(logits);
  const heated = new Float64Array(logits.length);
  for (let i = 0; i < heated.length; i++) heated[i] = (logits[i] - max) / temperature;
  return { ids, logits: heated };
}

/** One draw from the heated distribution of the candidates, by inversion in order of ids. */
function draw({ ids, logits }: Candidates, temperature: number, rng: Rng): number {
  const max = maximum(logits);
  const weights = new Float64Array(logits.length);
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i] = Math.exp((logits[i] - max) / temperature);
  let rest = rng.uniform();
  let chosen = 0;
  for (let i = 0; i < weights.length; i++) {
    const p = weights[i] / sum;
    if (p === 0) continue;
    chosen = i; // the last possible one stands when rounding leaves a little of `rest`
    rest -= p;
    if (rest < 0) break;
  }
  return ids[chosen];
}
