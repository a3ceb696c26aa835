// What changes logits by id before anything is cut: the caller's bias, then the penalties on tokens that occurred lately.
import type { Row } from "./candidates.ts";
import { wrongOption } from "./option-error.ts";
import type { Sampling } from "./sampling-options.ts";

type Penalties = Pick<Sampling, "repetitionPenalty" | "repetitionWindow" | "frequencyPenalty" | "presencePenalty">;

/** Logits with bias and penalties; the very same row where there are none. @throws UsageError for an id outside the vocabulary */
export function adjust(logits: Float32Array, history: readonly number[], sampling: Penalties & Pick<Sampling, "logitBias">): Row {
  const { logitBias, repetitionPenalty, frequencyPenalty, presencePenalty } = sampling;
  const penalised = repetitionPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0;
  if (logitBias.size === 0 && !penalised) return logits;
  const row = new Float64Array(logits);
  addBias(row, logitBias);
  if (penalised) penalise(row, history, sampling);
  return row;
}

/** Adds the bias of each id, in place. */
function addBias(logits: Float64Array, bias: Sampling["logitBias"]): void {
  for (const [id, amount] of bias) {
    if (id >= logits.length) {
      throw wrongOption("logitBias", `names token ${id}: the vocabulary has ${logits.length}, ids end at ${logits.length - 1}`);
    }
    logits[id] += amount;
  }
}

/**
 * Penalises, in place, every token among the last `repetitionWindow` of `history`: first by factor (Keskar 2019, with the sign handled as
 * transformers and llama.cpp do, so that a penalty never helps), then by its count and once for its presence (OpenAI).
 */
function penalise(logits: Float64Array, history: readonly number[], penalties: Penalties): void {
  const { repetitionPenalty, repetitionWindow, frequencyPenalty, presencePenalty } = penalties;
  const counts = new Map<number, number>();
  for (let i = Math.max(0, history.length - repetitionWindow); i < history.length; i++)
    counts.set(history[i], (counts.get(history[i]) ?? 0) + 1);
  for (const [id, count] of counts) {
    if (!(id < logits.length)) continue; // an image or padding id has no logit
    const logit = logits[id];
    logits[id] = (logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty) - count * frequencyPenalty - presencePenalty;
  }
}
