// What training gives, as plain data: the pieces by id, how they came about, and what the tokens around a text are.

import type { ByteVocabulary, ScoredVocabulary } from "../convert/vocabulary.ts";
import type { SplitName } from "./named-splits.ts";

/** Byte-level BPE: the 256 bytes, what merges gave, special tokens. */
export interface ByteBpeVocabulary extends ByteVocabulary {
  readonly bosId: number;
  readonly eosId: number;
  readonly split: SplitName;
}

/** SentencePiece's BPE with byte fallback: `<unk>`, BOS, EOS, the 256 bytes, what merges gave, characters, special tokens. */
export interface SentencePieceVocabulary extends ScoredVocabulary {
  readonly bosId: number;
  readonly eosId: number;
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
