// Byte-level BPE is learned over the UTF-8 bytes of words (Radford et al. 2019, section 2.2): 256 symbols spell any text, so nothing is unknown.
// Of pairs that stand equally often the one with the greater bytes is joined first, the left ones compared before the right ones.

import { UsageError } from "../../errors.ts";
import { pieceOfByte } from "../bpe/byte-alphabet.ts";
import { pieceType } from "../sentencepiece/sentencepiece-model.ts";
import { countWords } from "./count-words.ts";
import { MergeLearner, type PairOrder, type TrainingWords } from "./learn-merges.ts";
import { type LearningWatch, learnSymbols } from "./learn-symbols.ts";
import { namedSplits, type SplitName, splitNamed } from "./named-splits.ts";
import { refuseClashes } from "./special-texts.ts";
import type { ByteBpeVocabulary, TrainedText } from "./vocabulary.ts";
import type { WordCounts } from "./word-counts.ts";

/** In characters. The longest words of published vocabularies are 128 spaces; without a limit, a text that repeats a line of garbage learns it whole. */
const MAX_PIECE_LENGTH = 256;

interface ByteBpePlan {
  readonly vocabSize: number;
  readonly split: SplitName;
  readonly bos: string;
  readonly eos: string;
  /** All special tokens, BOS and EOS among them. */
  readonly special: readonly string[];
}

/** Ids: the bytes in the order of GPT-2's alphabet, what merges gave, special tokens. */
export async function trainByteBpe(
  documents: Iterable<string> | AsyncIterable<string>,
  { vocabSize, split, bos, eos, special }: ByteBpePlan,
  watch: LearningWatch,
): Promise<TrainedText<ByteBpeVocabulary>> {
  const given = 256 + special.length;
  if (vocabSize < given) {
    throw new UsageError(
      `the vocabulary is to have ${vocabSize} entries, expected at least ${given}: 256 bytes and ${special.length} special tokens`,
    );
  }
  const { words, bytes } = await countWords(documents, splitNamed(split), special, (text) => text, watch.signal);
  const learner = new MergeLearner(symbolsOf(words), greaterFirst, MAX_PIECE_LENGTH);
  const merges = await learnSymbols(learner, vocabSize - given, given, watch);

  const pieceOf = (symbol: number): string => Array.from(learner.texts[symbol], (byte) => pieceOfByte(byte.charCodeAt(0))).join("");
  const alphabet = Array.from({ length: 256 }, (_, byte) => pieceOfByte(byte)).sort();
  const learned = learner.texts.slice(256).map((_, i) => pieceOf(256 + i));
  const pieces = [...alphabet, ...learned, ...special];
  refuseClashes(special, [...alphabet, ...learned]);
  const vocabulary: ByteBpeVocabulary = {
    kind: "byte-bpe",
    split,
    pre: namedSplits[split].pre,
    pieces,
    types: pieces.map((_, id) => (id < vocabSize - special.length ? pieceType.normal : pieceType.control)),
    merges: merges.map(({ left, right }) => [pieceOf(left), pieceOf(right)] as const),
    bosId: pieces.indexOf(bos),
    eosId: pieces.indexOf(eos),
    addBos: true,
    addEos: false,
  };
  return { vocabulary, bytes, words: words.size, tokens: learner.tokens };
}

/** The pair with the greater bytes, the left ones compared before the right ones. */
export const greaterFirst: PairOrder = (a, b) => {
  if (a.left !== b.left) return a.left > b.left ? -1 : 1;
  return a.right > b.right ? -1 : a.right < b.right ? 1 : 0;
};

/** A symbol is a byte. */
function symbolsOf({ keys, starts, counts, size }: WordCounts): TrainingWords {
  return {
    symbols: Int32Array.from(keys.subarray(0, starts[size])),
    ends: Int32Array.from(starts.subarray(1, size + 1)),
    counts: counts.subarray(0, size),
    alphabet: Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)),
  };
}
