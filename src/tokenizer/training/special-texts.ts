// The texts of special tokens, checked: whoever names them means no ordinary piece.

import { UsageError } from "../../errors.ts";
import { quote } from "../../formats/quote.ts";
import { byteToken } from "../bpe/char-bpe.ts";

/** What SentencePiece calls what it does not know. */
export const UNKNOWN = "<unk>";

const reserved: ReadonlySet<string> = new Set([UNKNOWN, ...Array.from({ length: 256 }, (_, byte) => byteToken(byte))]);

/**
 * All special tokens, each once: BOS, EOS, then the others.
 *
 * @throws UsageError for a text that cannot be a special token
 */
export function specialTexts(bos: string, eos: string, others: readonly string[]): string[] {
  const all = [...new Set([bos, eos, ...others])];
  for (const text of all) {
    if ([...text].length < 2 || /\s/.test(text)) {
      throw new UsageError(
        `the special token ${quote(text)} is too plain: expected several characters without white space, as in <|im_start|>`,
      );
    }
    if (reserved.has(text))
      throw new UsageError(`the special token ${quote(text)} has a meaning in every SentencePiece vocabulary: choose another text`);
  }
  return all;
}

/** @throws UsageError if a learned piece is written as a special token is */
export function refuseClashes(special: readonly string[], pieces: readonly string[]): void {
  const learned = new Set(pieces);
  const clash = special.find((text) => learned.has(text));
  if (clash !== undefined)
    throw new UsageError(`the special token ${quote(clash)} is also a piece that the text gives: choose another text`);
}
