// BPE over characters, as tokenizer.json files write a SentencePiece vocabulary (Llama 2, Mistral, Gemma): merging starts from
// the characters of a text whose spaces have become U+2581; a character without a token becomes its bytes `<0xE2>` or unknown.

import { type Split, sequence, splitBeforeRuns } from "../split/split.ts";
import { charLength, codePointAt } from "../split/unicode-kinds.ts";
import type { TextModel } from "../text-model.ts";
import { createBpe, idsOfPieces } from "./bpe.ts";
import { mergeTableOf } from "./merge-table.ts";

const BLANK = "\u2581";
/** What SentencePiece shows for what it does not know. */
export const UNKNOWN_SURFACE = " \u2047 ";

interface CharBpeParts {
  readonly vocab: readonly (string | undefined)[];
  /** Pairs of pieces as `"a b"` or `["a", "b"]`, best first. */
  readonly merges: readonly unknown[];
  readonly split: Split;
  readonly normalize?: (text: string, first: boolean) => string;
  /** A character without a token becomes the tokens of its bytes, `<0x00>` to `<0xFF>`, if the vocabulary has them. */
  readonly byteFallback: boolean;
  /** The id of what has no token; undefined: it is dropped. */
  readonly unknownId: number | undefined;
  /** Neighbouring unknowns become one. */
  readonly fuseUnknown: boolean;
  /** A word that is a piece is that piece, whatever its merges give. */
  readonly ignoreMerges: boolean;
  readonly pieceBytes: (piece: string) => Uint8Array;
  readonly dropsLeadingSpace: boolean;
  /** The file, for messages. */
  readonly source: string;
}

/**
 * BPE over characters.
 *
 * @throws FormatError if a merge is malformed or names a piece that the vocabulary does not have
 */
export function createCharBpe(parts: CharBpeParts): TextModel {
  const { vocab, unknownId, fuseUnknown } = parts;
  const idOf = idsOfPieces(vocab);
  const charIds = new Map<number, number>();
  for (const [piece, id] of idOf) {
    const codePoint = piece.codePointAt(0);
    if (codePoint !== undefined && String.fromCodePoint(codePoint) === piece) charIds.set(codePoint, id);
  }
  const byteIds = Array.from({ length: 256 }, (_, byte) => idOf.get(byteToken(byte)));
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  return createBpe({
    ...parts,
    pieceBytes: (piece) =>
      unknownId !== undefined && piece === vocab[unknownId] ? encoder.encode(UNKNOWN_SURFACE) : parts.pieceBytes(piece),
    table: mergeTableOf(parts.merges, idOf, parts.source),
    // Where no piece goes on to a blank, no merge crosses the border before one: cut there, and words can be remembered.
    split: !parts.ignoreMerges && wordsEndBeforeBlanks(idOf) ? sequence([parts.split, splitBeforeRuns(BLANK)]) : parts.split,
    symbols(bytes, start, end, ids) {
      let count = 0;
      for (let i = start; i < end; ) {
        const after = i + charLength(bytes[i]);
        const id = charIds.get(codePointAt(bytes, i));
        if (id !== undefined) ids[count++] = id;
        else if (parts.byteFallback && hasAll(bytes, i, after)) for (let j = i; j < after; j++) ids[count++] = byteIds[bytes[j]]!;
        else if (unknownId !== undefined && !(fuseUnknown && count > 0 && ids[count - 1] === unknownId)) ids[count++] = unknownId;
        i = after;
      }
      return count;
    },
    wholeWord: parts.ignoreMerges ? (bytes, start, end) => idOf.get(decoder.decode(bytes.subarray(start, end))) ?? -1 : undefined,
  });

  function hasAll(bytes: Uint8Array, start: number, end: number): boolean {
    for (let i = start; i < end; i++) if (byteIds[bytes[i]] === undefined) return false;
    return true;
  }
}

/** The token of a byte as SentencePiece writes it. */
export function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
}

function wordsEndBeforeBlanks(idOf: ReadonlyMap<string, number>): boolean {
  if (!idOf.has(BLANK)) return false;
  for (const piece of idOf.keys()) {
    const letter = [...piece].findIndex((char) => char !== BLANK);
    if (letter !== -1 && piece.indexOf(BLANK, letter) !== -1) return false;
  }
  return true;
}
