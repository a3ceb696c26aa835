// What SentencePiece does to a text before it looks for pieces (src/normalizer.cc of google/sentencepiece): characters are mapped, white
// space may be collapsed, a dummy prefix is added. The result is written with plain spaces where SentencePiece writes U+2581: the pieces
// are read the same way, and one byte for the commonest character is faster than three.

import type { Steps } from "../pauses.ts";
import { literalSplitter } from "../special-tokens.ts";
import { charLength } from "../split/unicode-kinds.ts";
import { type CharsMap, readCharsMap } from "./charsmap.ts";
import type { NormalizerSpec } from "./sentencepiece-model.ts";

const SPACE = 0x20;
/** Between two steps. */
const CHUNKS = 1 << 12;

/**
 * @param userDefined pieces that are kept as they are
 * @param file for messages
 */
export function sentencePieceNormalizer(
  spec: NormalizerSpec,
  userDefined: readonly string[],
  file: string,
): (text: string) => Steps<string> {
  const { charsmap, addDummyPrefix, removeExtraWhitespaces, treatWhitespaceAsSuffix } = spec;
  const prefix = addDummyPrefix && !treatWhitespaceAsSuffix ? " " : "";
  const suffix = addDummyPrefix && treatWhitespaceAsSuffix ? " " : "";
  const plainSpaces = (text: string): string => (spec.escapeWhitespaces ? text.replaceAll("\u2581", " ") : text);

  if (charsmap.length === 0 && !removeExtraWhitespaces) {
    return function* (text) {
      yield;
      return text === "" ? "" : prefix + plainSpaces(text) + suffix;
    };
  }

  const chunksOf = chunker(charsmap.length > 0 ? readCharsMap(charsmap, file) : undefined, userDefined);
  return function* (text) {
    const bytes: number[] = [];
    let taken = 0;
    let empty = true; // nothing but leading spaces so far
    let afterSpace = removeExtraWhitespaces;
    for (const chunk of chunksOf(text)) {
      if (++taken % CHUNKS === 0) yield;
      if (empty && removeExtraWhitespaces && chunk.length === 1 && chunk[0] === SPACE) continue;
      empty = false;
      let from = 0;
      while (afterSpace && chunk[from] === SPACE) from++;
      for (let i = from; i < chunk.length; i++) bytes.push(chunk[i]);
      if (removeExtraWhitespaces && from < chunk.length) afterSpace = chunk[chunk.length - 1] === SPACE;
    }
    if (empty) return "";
    const mapped = prefix + plainSpaces(new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes)));
    return (removeExtraWhitespaces ? withoutTrailingSpaces(mapped) : mapped) + suffix;
  };
}

function withoutTrailingSpaces(text: string): string {
  let end = text.length;
  while (text[end - 1] === " ") end--;
  return text.slice(0, end);
}

/** A text in the parts that are looked at one by one, in UTF-8: user-defined pieces, what rules of the map give, single characters. */
function chunker(map: CharsMap | undefined, userDefined: readonly string[]): (text: string) => Generator<Uint8Array> {
  const encoder = new TextEncoder();
  const kept = userDefined.map((piece) => encoder.encode(piece));
  const split = literalSplitter(userDefined.map((text, id) => ({ text, id })));
  return function* chunksOf(text) {
    for (const part of split(text)) {
      if (typeof part === "number") {
        yield kept[part];
        continue;
      }
      const bytes = encoder.encode(part);
      for (let i = 0; i < bytes.length; ) {
        const rule = map?.(bytes, i);
        const end = rule ? rule.end : i + charLength(bytes[i]);
        yield rule ? rule.replacement : bytes.subarray(i, end);
        i = end;
      }
    }
  };
}
