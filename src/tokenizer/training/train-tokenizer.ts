// Makes a tokenizer out of a text: byte-pair encoding (Sennrich et al. 2016), over bytes as in GPT-2 and Llama 3 (Radford et al. 2019), or over
// characters as SentencePiece does it for Llama 1 and 2 (Kudo & Richardson 2018).

import { UsageError } from "../../errors.ts";
import { createGgufTokenizer } from "../gguf-tokenizer.ts";
import { MAX_ID } from "../json/vocab.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { ggufTokenizerMetadata } from "./gguf-metadata.ts";
import type { LearningWatch } from "./learn-symbols.ts";
import { type SplitName, splitNames } from "./named-splits.ts";
import { specialTexts } from "./special-texts.ts";
import { trainByteBpe } from "./train-byte-bpe.ts";
import { trainSentencePiece } from "./train-sentencepiece.ts";
import type { TrainedText, TrainedVocabulary } from "./vocabulary.ts";

export interface TrainTokenizerOptions extends LearningWatch {
  /** Entries of the vocabulary, special tokens counted. */
  readonly vocabSize: number;
  /** byte-bpe by default. */
  readonly kind?: "byte-bpe" | "sentencepiece";
  /** How byte-bpe cuts a text into words; llama3 by default. */
  readonly split?: SplitName;
  /** sentencepiece: the part of the text whose characters get entries; the others become bytes. 0.99995 by default, as in Llama 2. */
  readonly characterCoverage?: number;
  /** What begins a text; `<|begin_of_text|>` by default, in sentencepiece `<s>`. */
  readonly bos?: string;
  /** What ends a text; `<|end_of_text|>` by default, in sentencepiece `</s>`. It may be the same as bos, as in GPT-2. */
  readonly eos?: string;
  /** Further special tokens. They take the last ids, in their order; where they stand in the text, nothing is learned of them or across them. */
  readonly special?: readonly string[];
}

/** A tokenizer, and what it was made of: bytes, different words and tokens are those of the documents. */
export interface TrainedTokenizer extends TrainedText<TrainedVocabulary> {
  readonly tokenizer: Tokenizer;
}

/**
 * Trains a tokenizer on documents, which are read once and not kept: memory grows with the number of different words. The same documents give the
 * same tokenizer, whatever the machine.
 *
 * @throws UsageError for options that contradict each other, and when the text has too few pairs for the vocabulary
 */
export async function trainTokenizer(
  documents: Iterable<string> | AsyncIterable<string>,
  options: TrainTokenizerOptions,
): Promise<TrainedTokenizer> {
  const { kind = "byte-bpe", vocabSize, split, characterCoverage, onProgress, signal } = options;
  if (!Number.isInteger(vocabSize) || vocabSize > MAX_ID + 1) {
    throw new UsageError(`the vocabulary is to have ${vocabSize} entries, expected a whole number up to ${MAX_ID + 1}`);
  }
  const watch = { onProgress, signal };
  const trained = kind === "byte-bpe" ? await byteBpe() : await sentencePiece();
  return { ...trained, tokenizer: createGgufTokenizer(ggufTokenizerMetadata(trained.vocabulary), "trained tokenizer") };

  function byteBpe(): Promise<TrainedText<TrainedVocabulary>> {
    if (characterCoverage !== undefined)
      throw new UsageError("a character coverage was given: byte-bpe covers all texts, only sentencepiece has one");
    if (split !== undefined && !splitNames.includes(split)) {
      throw new UsageError(`the split is ${JSON.stringify(split)}, expected one of ${splitNames.join(", ")}`);
    }
    const { bos = "<|begin_of_text|>", eos = "<|end_of_text|>", special = [] } = options;
    const plan = { vocabSize, split: split ?? "llama3", bos, eos, special: specialTexts(bos, eos, special) };
    return trainByteBpe(documents, plan, watch);
  }

  function sentencePiece(): Promise<TrainedText<TrainedVocabulary>> {
    if (split !== undefined) throw new UsageError(`the split ${split} was given: only byte-bpe has one, sentencepiece cuts before spaces`);
    const { bos = "<s>", eos = "</s>", special = [] } = options;
    const coverage = characterCoverage ?? 0.99995;
    if (!(coverage > 0 && coverage <= 1)) throw new UsageError(`the character coverage is ${coverage}, expected a number above 0 to 1`);
    const plan = { vocabSize, characterCoverage: coverage, bos, eos, special: specialTexts(bos, eos, special) };
    return trainSentencePiece(documents, plan, watch);
  }
}
