// Byte-level BPE (GPT-2 and after): a text is cut into words, a word is its UTF-8 bytes, and neighbouring pieces are merged.
// Bytes for which a vocabulary has no token are dropped without an error, as in llama.cpp and the tokenizers library (SmolLM2 lacks 21).

import { bytesOfPiece, pieceOfByte } from "./byte-alphabet.ts";
import { mergeSymbols } from "./merge.ts";
import { type MergeTable, mergeTableOf, mergeTableOfRanks } from "./merge-table.ts";
import { Spans, type Split } from "./split.ts";
import type { TextModel } from "./text-model.ts";
import { WordCache } from "./word-cache.ts";

export interface ByteBpeParts {
  /** The piece of each id in the byte-to-unicode alphabet of GPT-2; undefined for an id that the file leaves out. */
  readonly vocab: readonly (string | undefined)[];
  /** Pairs of pieces as `"a b"` or `["a", "b"]`, best first; "by-id": any two pieces that give a piece, lowest id first (tiktoken). */
  readonly merges: readonly unknown[] | "by-id";
  /** How words are cut: see preTokenizer(). */
  readonly split: Split;
  /** A word that is a piece is that piece, whatever its merges give (Llama 3, tiktoken). Default false. */
  readonly ignoreMerges?: boolean;
  /** A text that does not start with a space gets one (`add_prefix_space`). Default false. */
  readonly prefixSpace?: boolean;
  /** The file, for messages. */
  readonly source: string;
}

/** Above this many words the list of their borders is not kept for the next text. */
const KEPT_SPANS = 1 << 16;

/**
 * Byte-level BPE over a vocabulary.
 *
 * @throws FormatError if a merge is malformed or names a piece that the vocabulary does not have
 */
export function createByteBpe(parts: ByteBpeParts): TextModel {
  const { vocab, split, ignoreMerges = false, prefixSpace = false, source } = parts;
  const idOf = new Map<string, number>();
  let longestPiece = 0;
  for (const [id, piece] of vocab.entries()) {
    if (piece === undefined) continue;
    idOf.set(piece, id);
    longestPiece = Math.max(longestPiece, piece.length);
  }
  const table: MergeTable = parts.merges === "by-id" ? mergeTableOfRanks(idOf) : mergeTableOf(parts.merges, idOf, source);
  const byteIds = Int32Array.from({ length: 256 }, (_, byte) => idOf.get(pieceOfByte(byte)) ?? -1);
  const pieceBytes: (Uint8Array | undefined)[] = [];
  const encoder = new TextEncoder();

  let cache: WordCache | undefined;
  let spans = new Spans();
  let symbols = new Int32Array(64);

  const wholeWord = (bytes: Uint8Array, start: number, end: number): number => {
    if (end - start > longestPiece) return -1;
    let piece = "";
    for (let i = start; i < end; i++) piece += pieceOfByte(bytes[i]);
    return idOf.get(piece) ?? -1;
  };

  /** Leaves the ids of a word in `symbols` and returns how many there are. */
  const encodeWord = (bytes: Uint8Array, start: number, end: number): number => {
    if (symbols.length < end - start) symbols = new Int32Array(end - start);
    if (ignoreMerges) {
      symbols[0] = wholeWord(bytes, start, end);
      if (symbols[0] !== -1) return 1;
    }
    let count = 0;
    for (let i = start; i < end; i++) {
      const id = byteIds[bytes[i]];
      if (id !== -1) symbols[count++] = id;
    }
    return mergeSymbols(table, symbols, count);
  };

  return {
    vocabSize: vocab.length,
    dropsLeadingSpace: false,
    piece: (id) => vocab[id],
    bytes(id) {
      const piece = vocab[id];
      if (piece === undefined) return undefined;
      pieceBytes[id] ??= bytesOfPiece(piece) ?? encoder.encode(piece);
      return pieceBytes[id];
    },
    encode(text, out) {
      const bytes = encoder.encode(prefixSpace && !text.startsWith(" ") ? ` ${text}` : text);
      cache ??= new WordCache();
      spans.length = 0;
      split(bytes, 0, bytes.length, spans);
      const { data, length } = spans;
      for (let i = 0; i < length; i += 2) {
        if (cache.take(bytes, data[i], data[i + 1], out)) continue;
        const count = encodeWord(bytes, data[i], data[i + 1]);
        for (let j = 0; j < count; j++) out.push(symbols[j]);
        cache.put(bytes, data[i], data[i + 1], symbols, count);
      }
      if (data.length > KEPT_SPANS) spans = new Spans();
      if (symbols.length > KEPT_SPANS) symbols = new Int32Array(64);
    },
  };
}
