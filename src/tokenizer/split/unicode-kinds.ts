// The four kinds of characters that pre-tokenizers tell apart, for UTF-8 bytes. `\s` here is Unicode White_Space, as in Rust,
// Python and Oniguruma: U+0085 is in and U+FEFF is out, unlike JavaScript's own `\s`. The tables are filled from the engine's
// Unicode data, a page of 256 characters at a time, when a page is first met.

export const LETTER = 1;
export const NUMBER = 2;
export const SPACE = 3;
const OTHER = 4;

const patterns: readonly [kind: number, RegExp][] = [
  [LETTER, /^\p{L}$/u],
  [NUMBER, /^\p{N}$/u],
  [SPACE, /^\p{White_Space}$/u],
];
const pages: Uint8Array[] = [];
const ascii: Uint8Array = kindPage(0);

function kindPage(page: number): Uint8Array {
  pages[page] ??= Uint8Array.from({ length: 256 }, (_, low) => {
    const char = String.fromCodePoint(page * 256 + low);
    return patterns.find(([, pattern]) => pattern.test(char))?.[0] ?? OTHER;
  });
  return pages[page];
}

/** Bytes that the character with this first byte takes. */
export function charLength(first: number): number {
  if (first < 0x80) return 1;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/** The character that starts at i; the bytes must be well-formed UTF-8, as a TextEncoder writes it. */
export function codePointAt(bytes: Uint8Array, i: number): number {
  const b = bytes[i];
  if (b < 0x80) return b;
  if (b < 0xe0) return ((b & 0x1f) << 6) | (bytes[i + 1] & 0x3f);
  if (b < 0xf0) return ((b & 0x0f) << 12) | ((bytes[i + 1] & 0x3f) << 6) | (bytes[i + 2] & 0x3f);
  return ((b & 0x07) << 18) | ((bytes[i + 1] & 0x3f) << 12) | ((bytes[i + 2] & 0x3f) << 6) | (bytes[i + 3] & 0x3f);
}

/** The kind of the character that starts at i. */
export function kindAt(bytes: Uint8Array, i: number): number {
  const b = bytes[i];
  if (b < 0x80) return ascii[b];
  const codePoint = codePointAt(bytes, i);
  return (pages[codePoint >> 8] ?? kindPage(codePoint >> 8))[codePoint & 0xff];
}

/** Where the run of characters of one kind that starts at i (and may be empty) ends. */
export function runEnd(bytes: Uint8Array, i: number, end: number, kind: number): number {
  while (i < end) {
    const b = bytes[i];
    if (b < 0x80) {
      if (ascii[b] !== kind) break;
      i++;
    } else {
      if (kindAt(bytes, i) !== kind) break;
      i += charLength(b);
    }
  }
  return i;
}
