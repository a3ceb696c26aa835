// SentencePiece's BPE with byte fallback (Kudo & Richardson 2018), as Llama 1 and 2 have it: merges start from characters, spaces are written U+2581,
// digits stay alone, characters too rare for the vocabulary become bytes. Of pairs that stand equally often the one that gives the shorter piece
// comes first, then the one whose piece has the smaller bytes (bpe_model_trainer.cc there).

import { UsageError } from "../../errors.ts";
import { byteToken } from "../bpe/char-bpe.ts";
import { pieceType } from "../sentencepiece/sentencepiece-model.ts";
import { charLength, codePointAt } from "../split/unicode-kinds.ts";
import { countWords } from "./count-words.ts";
import { MergeLearner, type PairOrder, type TrainingWords } from "./learn-merges.ts";
import { type LearningWatch, learnSymbols } from "./learn-symbols.ts";
import { splitSentencePieceWords, withBlanks } from "./sentencepiece-words.ts";
import { refuseClashes, UNKNOWN } from "./special-texts.ts";
import type { SentencePieceVocabulary, TrainedText } from "./vocabulary.ts";
import type { WordCounts } from "./word-counts.ts";

/** In characters: the default of SentencePiece, and what Llama 2 has. */
const MAX_PIECE_LENGTH = 16;

interface SentencePiecePlan {
  readonly vocabSize: number;
  readonly characterCoverage: number;
  readonly bos: string;
  readonly eos: string;
  /** All special tokens, BOS and EOS among them. */
  readonly special: readonly string[];
}

/** Ids: `<unk>`, BOS, EOS, the bytes, what merges gave, characters (the commonest first), further special tokens. */
export async function trainSentencePiece(
  documents: Iterable<string> | AsyncIterable<string>,
  { vocabSize, characterCoverage, bos, eos, special }: SentencePiecePlan,
  watch: LearningWatch,
): Promise<TrainedText<SentencePieceVocabulary>> {
  const first = [...new Set([UNKNOWN, bos, eos])];
  const further = special.filter((text) => !first.includes(text));
  const withoutCharacters = first.length + 256 + further.length;
  if (vocabSize <= withoutCharacters) {
    throw new UsageError(
      `the vocabulary is to have ${vocabSize} entries, expected more than ${withoutCharacters}: 256 bytes, ${UNKNOWN}, ${special.length} special tokens, and characters`,
    );
  }
  const { words, bytes } = await countWords(documents, splitSentencePieceWords, special, withBlanks, watch.signal);
  const characters = coveredCharacters(words, characterCoverage);
  const given = withoutCharacters + characters.length;
  if (vocabSize < given) {
    throw new UsageError(
      `the vocabulary is to have ${vocabSize} entries, and ${given} are needed before the first merge: ${characters.length} characters cover ` +
        `${characterCoverage} of the text: ask for more entries, or for a smaller coverage`,
    );
  }
  const { trainingWords, uncoveredBytes } = symbolsOf(words, characters);
  const learner = new MergeLearner(trainingWords, shorterFirst, MAX_PIECE_LENGTH);
  const merges = await learnSymbols(learner, vocabSize - given, given, watch);

  const texts = learner.texts.map(decodeBytes);
  const learned = texts.slice(characters.length);
  const alphabet = texts.slice(0, characters.length);
  const byteTokens = Array.from({ length: 256 }, (_, byte) => byteToken(byte));
  refuseClashes(special, texts);
  const pieces = [...first, ...byteTokens, ...learned, ...alphabet, ...further];
  const firstLearned = first.length + 256;
  const firstFurther = vocabSize - further.length;
  const vocabulary: SentencePieceVocabulary = {
    kind: "sentencepiece",
    pieces,
    types: pieces.map((_, id) => {
      if (id === 0) return pieceType.unknown;
      if (id < first.length || id >= firstFurther) return pieceType.control;
      return id < firstLearned ? pieceType.byte : pieceType.normal;
    }),
    scores: Float32Array.from(pieces, (_, id) => (id > firstLearned && id < firstFurther ? firstLearned - id : 0)),
    merges: merges.map(({ left, right }) => [texts[left], texts[right]] as const),
    bosId: pieces.indexOf(bos),
    eosId: pieces.indexOf(eos),
    addBos: true,
    addEos: false,
    spacePrefix: true,
  };
  return { vocabulary, bytes, words: words.size, tokens: learner.tokens + uncoveredBytes };
}

const shorterFirst: PairOrder = (a, b) => {
  if (a.length !== b.length) return a.length - b.length;
  const [textA, textB] = [a.left + a.right, b.left + b.right];
  if (textA !== textB) return textA < textB ? -1 : 1;
  return a.left.length - b.left.length;
};

/** The commonest code points, as few as make up `coverage` of the text; of equally common ones the smaller first. */
function coveredCharacters({ keys, starts, counts, size }: WordCounts, coverage: number): number[] {
  const counted = new Map<number, number>();
  let total = 0;
  for (let word = 0; word < size; word++) {
    for (let i = starts[word]; i < starts[word + 1]; i += charLength(keys[i])) {
      const codePoint = codePointAt(keys, i);
      counted.set(codePoint, (counted.get(codePoint) ?? 0) + counts[word]);
      total += counts[word];
    }
  }
  counted.delete(0); // readers in C take it for the end of a piece
  const sorted = [...counted].sort(([a, countA], [b, countB]) => countB - countA || a - b);
  let covered = 0;
  const enough = sorted.findIndex(([, count]) => {
    const done = covered >= coverage * total;
    covered += count;
    return done;
  });
  return sorted.slice(0, enough === -1 ? sorted.length : enough).map(([codePoint]) => codePoint);
}

/** A symbol is a covered character; a word ends before and after any other. */
function symbolsOf(
  { keys, starts, counts, size }: WordCounts,
  characters: readonly number[],
): { trainingWords: TrainingWords; uncoveredBytes: number } {
  const symbolOf = new Map(characters.map((codePoint, symbol) => [codePoint, symbol]));
  const symbols = new Int32Array(starts[size]);
  const ends: number[] = [];
  const endCounts: number[] = [];
  let count = 0;
  let uncoveredBytes = 0;
  const close = (word: number): void => {
    if (count === (ends.at(-1) ?? 0)) return;
    ends.push(count);
    endCounts.push(counts[word]);
  };
  for (let word = 0; word < size; word++) {
    for (let i = starts[word]; i < starts[word + 1]; i += charLength(keys[i])) {
      const symbol = symbolOf.get(codePointAt(keys, i));
      if (symbol !== undefined) symbols[count++] = symbol;
      else {
        close(word);
        uncoveredBytes += charLength(keys[i]) * counts[word];
      }
    }
    close(word);
  }
  const alphabet = characters.map((codePoint) => encodeBytes(codePoint === 0x20 ? "\u2581" : String.fromCodePoint(codePoint)));
  return {
    trainingWords: { symbols: symbols.subarray(0, count), ends: Int32Array.from(ends), counts: Float64Array.from(endCounts), alphabet },
    uncoveredBytes,
  };
}

/** A text as its UTF-8 bytes, a character each. */
function encodeBytes(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

function decodeBytes(bytes: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}
