// SentencePiece's unigram algorithm (Kudo 2018, https://arxiv.org/abs/1804.10959): of all ways to write a text in pieces, the one with the highest sum
// of scores (Viterbi). Sums are float32 and a later start must be strictly better, as in EncodeOptimized of google/sentencepiece, so that ties
// and rounding come out the same. Time: length of the text times length of the longest piece at most.

import { buildTrie } from "../trie.ts";
import type { PieceEncoder, PieceVocabulary } from "./piece-vocabulary.ts";
import { pieceType } from "./sentencepiece-model.ts";

/** An unknown character scores so much less than the worst piece. */
const UNKNOWN_PENALTY = 10;

/** What each byte of a user-defined piece but the first adds to its score: pieces that are learnt have negative scores, so it is always taken. */
const USER_DEFINED_BONUS = 0.1;

export function unigram(vocabulary: PieceVocabulary): PieceEncoder {
  const { pieces, texts, types, unknownId, byteIds } = vocabulary;
  const encoder = new TextEncoder();
  const least = vocabulary.scores.reduce((low, score, id) => (types[id] === pieceType.normal ? Math.min(low, score) : low), Infinity);
  const unknownScore = Math.fround(least - UNKNOWN_PENALTY);
  const scores = vocabulary.scores.map((score, id) =>
    types[id] === pieceType.userDefined ? USER_DEFINED_BONUS * (encoder.encode(pieces[id]).length - 1) : score,
  );
  const usable = (id: number): boolean => types[id] === pieceType.normal || types[id] === pieceType.userDefined;
  const trie = buildTrie(texts.flatMap((text, id): [string, number][] => (usable(id) ? [[text, id]] : [])));

  return function* (text, out) {
    // The best way to write text[0, end): its score, and its last piece.
    const best = new Float32Array(text.length + 1);
    const startOf = new Int32Array(text.length + 1).fill(-1);
    const idOf = new Int32Array(text.length + 1);
    const offer = (start: number, end: number, id: number, score: number): void => {
      const total = Math.fround(score + best[start]);
      if (startOf[end] !== -1 && total <= best[end]) return;
      best[end] = total;
      startOf[end] = start;
      idOf[end] = id;
    };

    for (let start = 0, next = 0, turns = 0; start < text.length; start = next) {
      if (++turns % CHARACTERS === 0) yield;
      next = start + (text.codePointAt(start)! > 0xffff ? 2 : 1);
      let alone = false; // the character is a piece by itself
      let node = 0;
      for (let i = start; i < text.length; ) {
        node = trie.step(node, text.charCodeAt(i++));
        if (node === -1) break;
        const id = trie.value(node);
        if (id === -1) continue;
        offer(start, i, id, scores[id]);
        alone ||= i === next;
      }
      if (!alone) offer(start, next, UNKNOWN, unknownScore);
    }

    const reversed: number[] = [];
    for (let end = text.length; end > 0; end = startOf[end]) {
      if (idOf[end] !== UNKNOWN) reversed.push(idOf[end]);
      else if (!byteIds) reversed.push(unknownId);
      else for (const byte of encoder.encode(text.slice(startOf[end], end)).reverse()) reversed.push(byteIds[byte]);
    }
    for (let i = reversed.length - 1; i >= 0; i--) out.push(reversed[i]);
  };
}

const UNKNOWN = -1;
/** Between two steps. */
const CHARACTERS = 1 << 12;
