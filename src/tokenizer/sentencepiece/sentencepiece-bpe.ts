// SentencePiece BPE (Llama 1 and 2, Mistral, Gemma): of all neighbours that together are a piece, those with the highest score merge first,
// leftmost first where scores tie. Scores, not ids: Llama 2's white space has low ids and low scores.
//
// No piece reaches over a place whose two bytes stand side by side in no piece of the vocabulary, so a text is cut there (in Llama 2
// before nearly every space) without changing an id, and what was found for a word is remembered.
import { FormatError, UnsupportedError } from "../../errors.ts";
import { mergeSteps, mergeSymbols } from "../bpe/merge.ts";
import { addMerge, createMergeTable, type MergeTable } from "../bpe/merge-table.ts";
import { WordCache } from "../bpe/word-cache.ts";
import { STRIDE, type Steps } from "../pauses.ts";
import { literalSteps } from "../special-tokens.ts";
import { charLength, codePointAt } from "../split/unicode-kinds.ts";
import type { PieceEncoder, PieceVocabulary } from "./piece-vocabulary.ts";
import { pieceType } from "./sentencepiece-model.ts";

/** In UTF-16 units: every way to cut a piece in two is tried when a vocabulary is read. SentencePiece learns pieces of 16 unless told otherwise. */
const MAX_PIECE_LENGTH = 512;

/** Bytes of a word that is merged in steps: shorter ones take less than a millisecond. */
const LONG_WORD = 1 << 12;

/** @throws FormatError for a piece that is far too long, UnsupportedError for an unused piece that merges lead to */
export function sentencePieceBpe(vocabulary: PieceVocabulary, file: string): PieceEncoder {
  const { texts, types, unknownId, byteIds } = vocabulary;
  const idOf = new Map<string, number>();
  for (const [id, text] of texts.entries()) {
    const merges = types[id] === pieceType.normal || types[id] === pieceType.unused;
    if (merges && text !== "" && !idOf.has(text)) idOf.set(text, id);
  }
  const symbolOf = characterSymbols(idOf, texts.length);
  const table = mergesByScore(vocabulary, idOf, symbolOf, file);
  const glued = gluedBytes(idOf.keys());
  const splitUserDefined = literalSteps(texts.flatMap((text, id) => (types[id] === pieceType.userDefined ? { text, id } : [])));
  const encoder = new TextEncoder();
  let cache: WordCache | undefined;
  const symbols = new Int32Array(LONG_WORD);
  const ids = new Int32Array(LONG_WORD);

  const symbolsOf = (bytes: Uint8Array, start: number, end: number, symbols: Int32Array): number => {
    let count = 0;
    for (let i = start; i < end; i += charLength(bytes[i])) symbols[count++] = symbolOf(codePointAt(bytes, i));
    return count;
  };
  const idsOf = (symbols: Int32Array, ids: Int32Array): number => {
    let length = 0;
    for (const symbol of symbols) {
      if (symbol < texts.length) ids[length++] = symbol;
      else if (!byteIds) ids[length++] = unknownId;
      else for (const byte of encoder.encode(String.fromCodePoint(symbol - texts.length))) ids[length++] = byteIds[byte];
    }
    return length;
  };
  /** Leaves the ids of bytes[start, end) in `ids` and returns how many there are. */
  const encodeWord = (bytes: Uint8Array, start: number, end: number): number =>
    idsOf(symbols.subarray(0, mergeSymbols(table, symbols, symbolsOf(bytes, start, end, symbols))), ids);

  /** Others may come while a long word is merged: it has room of its own. */
  const encodeLongWord = function* (bytes: Uint8Array, start: number, end: number, out: number[]): Steps {
    const [own, found] = [new Int32Array(end - start), new Int32Array(end - start)];
    const count = yield* mergeSteps(table, own, symbolsOf(bytes, start, end, own));
    const length = idsOf(own.subarray(0, count), found);
    for (let i = 0; i < length; i++) out.push(found[i]);
  };

  const encodeWords = function* (bytes: Uint8Array, out: number[]): Steps {
    cache ??= new WordCache();
    let start = 0;
    for (let i = 1; i <= bytes.length; i++) {
      if (i % STRIDE === 0) yield;
      if (i < bytes.length && (isContinuation(bytes[i]) || glued[(bytes[i - 1] << 8) | bytes[i]])) continue;
      if (i - start > LONG_WORD) yield* encodeLongWord(bytes, start, i, out);
      else if (!cache.take(bytes, start, i, out)) {
        const count = encodeWord(bytes, start, i);
        for (let j = 0; j < count; j++) out.push(ids[j]);
        cache.put(bytes, start, i, ids, count);
      }
      start = i;
    }
  };

  return function* (text, out) {
    for (const part of yield* splitUserDefined(text)) {
      if (typeof part === "number") out.push(part);
      else yield* encodeWords(encoder.encode(part), out);
    }
  };
}

/** What a code point starts as: the id of its piece or, if it has none, a number above all ids (pieces may hold such characters). */
function characterSymbols(idOf: ReadonlyMap<string, number>, vocabSize: number): (codePoint: number) => number {
  const ids = new Map<number, number>();
  for (const [text, id] of idOf) if (isOneCharacter(text)) ids.set(text.codePointAt(0)!, id);
  return (codePoint) => ids.get(codePoint) ?? vocabSize + codePoint;
}

/** Every pair of symbols that gives a piece, ranked by the score of the piece: equal scores have equal ranks. */
function mergesByScore(
  { types, scores }: PieceVocabulary,
  idOf: ReadonlyMap<string, number>,
  symbolOf: (codePoint: number) => number,
  file: string,
): MergeTable {
  const side = (text: string): number | undefined => (isOneCharacter(text) ? symbolOf(text.codePointAt(0)!) : idOf.get(text));
  const pairs: [left: number, right: number, merged: number][] = [];
  for (const [text, merged] of idOf) {
    if (text.length > MAX_PIECE_LENGTH) {
      throw new FormatError(`${file}: piece ${merged} has ${text.length} UTF-16 units, expected ${MAX_PIECE_LENGTH} at most`);
    }
    for (let cut = 1; cut < text.length; cut++) {
      if (isLowSurrogate(text, cut)) continue;
      const left = side(text.slice(0, cut));
      const right = left === undefined ? undefined : side(text.slice(cut));
      if (left === undefined || right === undefined) continue;
      if (types[merged] === pieceType.unused) {
        throw new UnsupportedError(`${file}: piece ${merged} (${JSON.stringify(text)}) is marked unused, but merges lead to it`);
      }
      pairs.push([left, right, merged]);
    }
  }
  const ranks = new Map([...new Set(scores)].sort((a, b) => b - a).map((score, rank) => [score, rank]));
  const table = createMergeTable(pairs.length);
  for (const [left, right, merged] of pairs) addMerge(table, left, right, ranks.get(scores[merged])!, merged);
  return table;
}

/** A flag for each pair of bytes that stands in a piece with a border of characters between the two. */
function gluedBytes(texts: Iterable<string>): Uint8Array {
  const glued = new Uint8Array(1 << 16);
  const encoder = new TextEncoder();
  for (const text of texts) {
    const bytes = encoder.encode(text);
    for (let i = 1; i < bytes.length; i++) glued[(bytes[i - 1] << 8) | bytes[i]] = 1;
  }
  return glued;
}

const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;

const isLowSurrogate = (text: string, i: number): boolean => (text.charCodeAt(i) & 0xfc00) === 0xdc00;

const isOneCharacter = (text: string): boolean => text.length === 1 || (text.length === 2 && isLowSurrogate(text, 1));
