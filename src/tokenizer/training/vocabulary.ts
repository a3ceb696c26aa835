// What training gives, as plain data: the pieces by id, how they came about, and what the tokens around a text are.

import type { pieceType } from "../sentencepiece/sentencepiece-model.ts";
import type { SplitName } from "./named-splits.ts";

interface VocabularyBase {
  /** Index is the id. Byte-level pieces are written in GPT-2's byte alphabet, SentencePiece's with U+2581 for a space. */
  readonly pieces: readonly string[];
  /** What each piece is. */
  readonly types: readonly PieceType[];
  /** Pairs of pieces, first joined first; each gives the piece that it spells. */
  readonly merges: readonly (readonly [left: string, right: string])[];
  readonly bosId: number;
  readonly eosId: number;
}

type PieceType = (typeof pieceType)[keyof typeof pieceType];

/** Byte-level BPE, as GPT-2 and Llama 3 have it: the 256 bytes, what merges gave, special tokens. */
export interface ByteBpeVocabulary extends VocabularyBase {
  readonly kind: "byte-bpe";
  readonly split: SplitName;
}

/** SentencePiece's BPE with byte fallback, as Llama 1 and 2 have it: `<unk>`, BOS, EOS, the 256 bytes, what merges gave, characters, special tokens. */
export interface SentencePieceVocabulary extends VocabularyBase {
  readonly kind: "sentencepiece";
  /** Of two pairs that could be joined, the one whose piece has the higher score is. */
  readonly scores: Float32Array;
}

export type TrainedVocabulary = ByteBpeVocabulary | SentencePieceVocabulary;

/** A vocabulary, and the text that it was learned from. */
export interface TrainedText<V> {
  readonly vocabulary: V;
  /** Of the documents, in UTF-8, special tokens left out. */
  readonly bytes: number;
  /** Different words in them. */
  readonly words: number;
  /** Tokens that they have with the new vocabulary; for sentencepiece each line by itself, without the line breaks. */
  readonly tokens: number;
}
