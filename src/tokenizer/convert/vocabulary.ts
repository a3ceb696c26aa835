// A vocabulary as plain data, of whatever file it came: what GGUF metadata and tokenizer.json both say, so that either can be written of the other.
import type { pieceType } from "../sentencepiece/sentencepiece-model.ts";

export type PieceType = (typeof pieceType)[keyof typeof pieceType];

interface VocabularyBase {
  /** Index is the id. Byte-level pieces are written in GPT-2's byte alphabet, SentencePiece's with U+2581 for a space. */
  readonly pieces: readonly string[];
  /** What each piece is. */
  readonly types: readonly PieceType[];
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  /** Whether BOS stands before a text, and EOS behind it. */
  readonly addBos: boolean;
  readonly addEos: boolean;
  /** Further ids that end an answer, which their texts do not tell. */
  readonly endIds?: readonly number[];
  /** Pairs of pieces, first joined first; each gives the piece that it spells. Of SentencePiece those that are known to come before others of equal score. */
  readonly merges: readonly (readonly [left: string, right: string])[];
}

/** Byte-level BPE, as GPT-2 and Llama 3 have it. */
export interface ByteVocabulary extends VocabularyBase {
  readonly kind: "byte-bpe";
  /** How a text is cut into words: a name of split/pre-tokenizers.ts, as in tokenizer.ggml.pre. */
  readonly pre: string;
}

/** SentencePiece's BPE, as Llama 1 and 2 have it. */
export interface ScoredVocabulary extends VocabularyBase {
  readonly kind: "sentencepiece";
  /** Of two pairs that could be joined, the one whose piece has the higher score is. */
  readonly scores: Float32Array;
  /** A text gets a space before it. */
  readonly spacePrefix: boolean;
}

export type Vocabulary = ByteVocabulary | ScoredVocabulary;
