// A text in its normal form, step by step.
import { composeCharacters, removeBom, removeControls, trimLines, unifyLineBreaks } from "./characters.ts";
import { removeGutenbergFrame } from "./gutenberg.ts";
import { joinWrapped } from "./join-wrapped.ts";

/** @param unwrap whether lines of wrapped paragraphs are joined */
export function normalise(text: string, unwrap: boolean): string {
  const characters = composeCharacters(removeControls(unifyLineBreaks(removeBom(text))));
  const trimmed = trimLines(removeGutenbergFrame(characters));
  return unwrap ? joinWrapped(trimmed) : trimmed;
}
