// Which language a text is in, by the three-letter codes of ISO 639-3, as far as franc-min knows them (82 languages with 8 million speakers or more).
// LLaMA (Touvron et al. 2023, section 2.1) asks fastText; its model has 126 MB.
import { franc } from "franc-min";

/** franc takes about 2 ms for so much, and would look at the beginning only: the pieces come from all over the text. */
const pieces = 4;
const pieceLength = 256;

/** "und" for a text that is too short or in none of them. */
export function languageOf(text: string): string {
  return franc(sampleOf(text));
}

function sampleOf(text: string): string {
  if (text.length <= pieces * pieceLength) return text;
  const step = (text.length - pieceLength) / (pieces - 1);
  return Array.from({ length: pieces }, (_, i) => text.slice(Math.round(i * step), Math.round(i * step) + pieceLength)).join(" ");
}
