// The characters of a text brought into one form. Each function is pure, and leaves alone what is already so.

/** Without a byte order mark at the beginning. */
export function removeBom(text: string): string {
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

/** \n for \r\n, \r, and the separators of lines and paragraphs of Unicode; NEL too. */
export function unifyLineBreaks(text: string): string {
  return /[\r\u0085\u2028\u2029]/.test(text) ? text.replace(/\r\n?|[\u0085\u2028]/g, "\n").replaceAll("\u2029", "\n\n") : text;
}

/**
 * Without control characters, but for tabs and line breaks (a form feed is one), byte order marks inside the text, and halves of characters. What
 * joins or directs letters stays: some scripts need it.
 */
export function removeControls(text: string): string {
  if (!/[^\P{Cc}\n\t]|[\ufeff\ufffe\uffff]|\p{Cs}/u.test(text)) return text;
  return text.replaceAll("\f", "\n").replace(/[^\P{Cc}\n\t]|[\ufeff\ufffe\uffff]|\p{Cs}/gu, "");
}

/** Unicode's form NFC (UAX 15): e and a combining accent become one character. */
export function composeCharacters(text: string): string {
  return text.normalize("NFC");
}

/** Without spaces at the ends of lines, empty lines at both ends, and more than one empty line in a row. */
export function trimLines(text: string): string {
  return text
    .replace(/[\p{Zs}\t]+\n/gu, "\n")
    .replace(/\n{3,}/g, "\n\n")
    .replace(/^\n+/, "")
    .trimEnd();
}
