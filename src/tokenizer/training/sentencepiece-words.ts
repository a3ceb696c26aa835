// Where SentencePiece lets pieces end, whatever the counts say (trainer_interface.cc there, with the settings of Llama 1 and 2): a piece has spaces
// at its start only, no two scripts, and no digit but alone. A text is cut at all these places, and merges happen between them.

import type { Split } from "../split/split.ts";
import { charLength, codePointAt } from "../split/unicode-kinds.ts";
import { INHERITED, scriptAt } from "./scripts.ts";

const LF = 0x0a;
const CR = 0x0d;
const BLANK = 0x20;
const NOTHING = -1; // the word has not begun
const BLANKS = -2; // only blanks so far

/** Lines as SentencePiece sees them: each begins with a blank, the dummy prefix, and U+2581 is another way to write one. */
export function withBlanks(text: string): string {
  return text.replaceAll("\u2581", " ").replace(/(?:^|\r?\n)(?=[^\r\n])/g, "\n ");
}

/** Cuts a text of withBlanks() into words; line breaks are in none of them. Of several blanks all but the last are a word of their own. */
export const splitSentencePieceWords: Split = function* (bytes, start, end, out) {
  let open = start;
  let last = NOTHING; // script of the character before, or one of the two above
  const close = (at: number, next: number): void => {
    if (open < at) out.push(open, at);
    open = next;
    last = NOTHING;
  };
  for (let i = start; i < end; ) {
    const byte = bytes[i];
    const after = i + charLength(byte);
    if (byte === LF || byte === CR) close(i, after);
    else if (byte === BLANK) {
      if (last !== BLANKS) close(i, i);
      last = BLANKS;
    } else if (isDigit(bytes, i)) {
      close(i, i);
      close(after, after);
    } else {
      const script = scriptAt(bytes, i);
      if (last === BLANKS) close(i - 1, i - 1);
      else if (last !== NOTHING && script !== last && script !== INHERITED) close(i, i);
      if (script !== INHERITED || last === NOTHING) last = script;
    }
    i = after;
  }
  close(end, end);
};

/** 0 to 9, and their full-width forms. */
function isDigit(bytes: Uint8Array, i: number): boolean {
  const byte = bytes[i];
  if (byte < 0x80) return byte >= 0x30 && byte <= 0x39;
  if (byte !== 0xef) return false;
  const codePoint = codePointAt(bytes, i);
  return codePoint >= 0xff10 && codePoint <= 0xff19;
}
