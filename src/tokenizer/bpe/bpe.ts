// Byte-pair encoding as it is the same for all vocabularies: a text is cut into words, a word into the symbols that merging
// starts from, and merged. What a symbol is, and what a piece means, is told by byte-bpe.ts and char-bpe.ts.

import type { Steps } from "../pauses.ts";
import { Spans, type Split } from "../split/split.ts";
import type { TextModel } from "../text-model.ts";
import { mergeSteps, mergeSymbols } from "./merge.ts";
import type { MergeTable } from "./merge-table.ts";
import { WordCache } from "./word-cache.ts";

interface BpeParts {
  /** The piece of each id; undefined for an id that the file leaves out. */
  readonly vocab: readonly (string | undefined)[];
  readonly table: MergeTable;
  readonly split: Split;
  /** What happens to a text before it is cut; `first` as in TextModel.encode. */
  readonly normalize?: (text: string, first: boolean) => string;
  /** Writes the ids that merging a word starts from and returns how many there are: at most one a byte. */
  readonly symbols: (bytes: Uint8Array, start: number, end: number, ids: Int32Array) => number;
  /** The id of a word that is a piece and shall not be merged from its symbols, or -1. */
  readonly wholeWord?: (bytes: Uint8Array, start: number, end: number) => number;
  /** What a piece stands for in UTF-8. */
  readonly pieceBytes: (piece: string) => Uint8Array;
  readonly dropsLeadingSpace: boolean;
}

/** Bytes of a word that is merged in steps: shorter ones take less than a millisecond. */
const LONG_WORD = 1 << 12;
/** Twice the words between two steps. */
const WORDS = 1 << 11;

/** A vocabulary with merges as a TextModel. */
export function createBpe(parts: BpeParts): TextModel {
  const { vocab, table, split, normalize, wholeWord, pieceBytes } = parts;
  const knownBytes: (Uint8Array | undefined)[] = [];
  const encoder = new TextEncoder();
  let cache: WordCache | undefined;
  const ids = new Int32Array(LONG_WORD);

  /** Leaves the ids of a word in `ids` and returns how many there are. */
  const encodeWord = (bytes: Uint8Array, start: number, end: number): number => {
    if (wholeWord) {
      ids[0] = wholeWord(bytes, start, end);
      if (ids[0] !== -1) return 1;
    }
    return mergeSymbols(table, ids, parts.symbols(bytes, start, end, ids));
  };

  /** Others may come while a long word is merged: it has room of its own. */
  const encodeLongWord = function* (bytes: Uint8Array, start: number, end: number, out: number[]): Steps {
    const known = wholeWord?.(bytes, start, end) ?? -1;
    if (known !== -1) return void out.push(known);
    const own = new Int32Array(end - start);
    const count = yield* mergeSteps(table, own, parts.symbols(bytes, start, end, own));
    for (let i = 0; i < count; i++) out.push(own[i]);
  };

  return {
    vocabSize: vocab.length,
    dropsLeadingSpace: parts.dropsLeadingSpace,
    piece: (id) => vocab[id],
    bytes(id) {
      const piece = vocab[id];
      if (piece === undefined) return undefined;
      knownBytes[id] ??= pieceBytes(piece);
      return knownBytes[id];
    },
    *encode(text, out, first) {
      const bytes = encoder.encode(normalize ? normalize(text, first) : text);
      cache ??= new WordCache();
      const spans = new Spans();
      yield* split(bytes, 0, bytes.length, spans);
      const { data, length } = spans;
      for (let i = 0; i < length; i += 2) {
        if (i % WORDS === 0) yield;
        if (data[i + 1] - data[i] > LONG_WORD) {
          yield* encodeLongWord(bytes, data[i], data[i + 1], out);
          continue;
        }
        if (cache.take(bytes, data[i], data[i + 1], out)) continue;
        const count = encodeWord(bytes, data[i], data[i + 1]);
        for (let j = 0; j < count; j++) out.push(ids[j]);
        cache.put(bytes, data[i], data[i + 1], ids, count);
      }
    },
  };
}

/** Piece to id; of equal pieces the last counts. */
export function idsOfPieces(vocab: readonly (string | undefined)[]): Map<string, number> {
  const ids = new Map<string, number>();
  vocab.forEach((piece, id) => {
    if (piece !== undefined) ids.set(piece, id);
  });
  return ids;
}
