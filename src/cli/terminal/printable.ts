// Text by strangers (names in files, answers of models) made fit for a terminal, which obeys some characters instead of showing them.

const escaped = (mark: string): string => `\\u${mark.codePointAt(0)!.toString(16).padStart(4, "0")}`;

/** On one line: controls, line breaks, and marks that reorder what stands around them become \u escapes. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, escaped);
}

/** Running text: line breaks and tabs stay. */
export function harmless(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, escaped);
}
