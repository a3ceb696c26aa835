// Which tokens end an answer. Files name one EOS; chat models end a turn with another token, known only by its text.

import type { LiteralToken } from "./special-tokens.ts";

// As llama.cpp's list of end-of-generation tokens (src/llama-vocab.cpp).
const endTexts: ReadonlySet<string> = new Set([
  "<|eot_id|>",
  "<|eom_id|>",
  "<|end_of_text|>",
  "<|im_end|>",
  "<|end|>",
  "<|endoftext|>",
  "<end_of_turn>",
  "<|return|>",
  "<|call|>",
  "<EOT>",
  "[EOT]",
  "[EOS]",
]);

/** Ids of the special tokens that end an answer by their text, whatever the file calls EOS. */
export function endTokenIds(special: Iterable<LiteralToken>): number[] {
  return [...special].filter(({ text }) => endTexts.has(text)).map(({ id }) => id);
}
