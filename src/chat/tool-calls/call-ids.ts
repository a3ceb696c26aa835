// Ids of calls: those of new ones, and what Mistral's templates see of ids that others made.
import { createRng, type Rng } from "../../tensor/rng.ts";
import type { CallFamily } from "./call-format.ts";

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/**
 * Ids for the calls of one answer: `call_` and 24 letters and digits, or the 9 that Mistral's models know. The same request gives the same ids, and the
 * next one of a conversation others, with the same seed, too.
 */
export function createCallIds(family: CallFamily, seed: number, promptIds: readonly number[]): () => string {
  const rng = createRng(hash([seed, ...promptIds]));
  return family === "mistral" || family === "mistral-args" ? () => drawn(rng, 9) : () => `call_${drawn(rng, 24)}`;
}

/** Nine letters and digits for an id: itself where it is that already, otherwise always the same ones for the same id. */
export function nineLetters(id: string): string {
  return /^[a-zA-Z0-9]{9}$/.test(id) ? id : drawn(createRng(hash(Array.from(id, (letter) => letter.codePointAt(0) ?? 0))), 9);
}

function drawn(rng: Rng, count: number): string {
  return Array.from({ length: count }, () => letters[rng.integer(letters.length)]).join("");
}

/** FNV-1a over the four bytes of each number. */
function hash(numbers: readonly number[]): number {
  let sum = 0x811c9dc5;
  for (const number of numbers) {
    for (let shift = 0; shift < 32; shift += 8) sum = Math.imul(sum ^ ((number >>> shift) & 255), 0x01000193);
  }
  return sum >>> 0;
}
