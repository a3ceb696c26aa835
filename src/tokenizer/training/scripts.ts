// The script of a character (Unicode Standard Annex 24), as far as SentencePiece needs it: a piece never mixes two. Han, Hiragana and Katakana
// are one, as there; scripts that are not listed are one as well. Tables are filled a page of 256 characters at a time, when a page is first met.

import { codePointAt } from "../split/unicode-kinds.ts";

const OTHER = 0;
/** Combining marks: they belong to whatever stands before them. */
export const INHERITED = 1;

const names: readonly string[] = [
  ..."Inherited Common Latin Greek Cyrillic Armenian Georgian Hebrew Arabic Syriac Thaana Nko Devanagari Bengali Gurmukhi Gujarati".split(
    " ",
  ),
  ..."Oriya Tamil Telugu Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar Khmer Ethiopic Cherokee Canadian_Aboriginal Mongolian".split(
    " ",
  ),
  ..."Hangul Bopomofo Yi Braille Coptic Gothic Runic Ogham Tifinagh Glagolitic Javanese Balinese Sundanese Tagalog Vai Adlam".split(" "),
];
const patterns: readonly RegExp[] = [
  ...names.map((name) => new RegExp(`^\\p{Script=${name}}$`, "u")),
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u30fc]$/u,
];
const pages: Uint8Array[] = [];

function scriptPage(page: number): Uint8Array {
  pages[page] ??= Uint8Array.from({ length: 256 }, (_, low) => {
    const char = String.fromCodePoint(page * 256 + low);
    // U+30FC, the long vowel mark, is Common; the last pattern takes it first.
    const script = patterns.findLastIndex((pattern) => pattern.test(char));
    return script === -1 ? OTHER : script + INHERITED;
  });
  return pages[page];
}

/** The number of the script of the character that starts at i. */
export function scriptAt(bytes: Uint8Array, i: number): number {
  const codePoint = codePointAt(bytes, i);
  return (pages[codePoint >> 8] ?? scriptPage(codePoint >> 8))[codePoint & 0xff];
}
