// Byte-level BPE (GPT-2 and after): merging starts from the UTF-8 bytes of a word, and pieces are spelt in the byte alphabet.
// Bytes for which a vocabulary has no token are dropped without an error, as in llama.cpp and the tokenizers library (SmolLM2 lacks 21).

import type { Split } from "../split/split.ts";
import type { TextModel } from "../text-model.ts";
import { createBpe, idsOfPieces } from "./bpe.ts";
import { bytesOfPiece, pieceOfByte } from "./byte-alphabet.ts";
import { mergeTableOf, mergeTableOfRanks } from "./merge-table.ts";

interface ByteBpeParts {
  /** The piece of each id in the byte-to-unicode alphabet of GPT-2; undefined for an id that the file leaves out. */
  readonly vocab: readonly (string | undefined)[];
  /** Pairs of pieces as `"a b"` or `["a", "b"]`, best first; "by-id": whichever two pieces give a piece, lowest id first (tiktoken). */
  readonly merges: readonly unknown[] | "by-id";
  /** How words are cut: see preTokenizer(). */
  readonly split: Split;
  /** A word that is a piece is that piece, whatever its merges give (Llama 3, tiktoken). Default false. */
  readonly ignoreMerges?: boolean;
  /** What happens to a text before it is cut; default nothing. */
  readonly normalize?: (text: string, first: boolean) => string;
  /** A text that does not start with a space gets one (`add_prefix_space`). Default false. */
  readonly prefixSpace?: boolean;
  /** The file, for messages. */
  readonly source: string;
}

/**
 * Byte-level BPE over a vocabulary.
 *
 * @throws FormatError if a merge is malformed or names a piece that the vocabulary does not have
 */
export function createByteBpe(parts: ByteBpeParts): TextModel {
  const { vocab, merges, split, normalize = (text) => text, prefixSpace = false, source } = parts;
  const idOf = idsOfPieces(vocab);
  const byteIds = Int32Array.from({ length: 256 }, (_, byte) => idOf.get(pieceOfByte(byte)) ?? -1);
  const encoder = new TextEncoder();
  return createBpe({
    vocab,
    table: merges === "by-id" ? mergeTableOfRanks(idOf) : mergeTableOf(merges, idOf, source),
    split,
    normalize: prefixSpace ? (text, first) => withPrefixSpace(normalize(text, first)) : parts.normalize,
    symbols(bytes, start, end, ids) {
      let count = 0;
      for (let i = start; i < end; i++) {
        const id = byteIds[bytes[i]];
        if (id !== -1) ids[count++] = id;
      }
      return count;
    },
    wholeWord: parts.ignoreMerges ? wholeWords(idOf) : undefined,
    pieceBytes: (piece) => bytesOfPiece(piece) ?? encoder.encode(piece),
    dropsLeadingSpace: false,
  });
}

/** A text that starts with a space. */
export function withPrefixSpace(text: string): string {
  return text.startsWith(" ") ? text : ` ${text}`;
}

function wholeWords(idOf: ReadonlyMap<string, number>): (bytes: Uint8Array, start: number, end: number) => number {
  let longest = 0;
  for (const piece of idOf.keys()) longest = Math.max(longest, piece.length);
  return (bytes, start, end) => {
    if (end - start > longest) return -1;
    let piece = "";
    for (let i = start; i < end; i++) piece += pieceOfByte(bytes[i]);
    return idOf.get(piece) ?? -1;
  };
}
