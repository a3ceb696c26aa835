// GPT-2's own pair of files: vocab.json (piece to id, in the byte alphabet) and merges.txt (a pair of pieces a line, best first).

import { assembleTokenizer } from "../assemble.ts";
import { endTokenIds } from "../end-tokens.ts";
import { parseJson } from "../json/fields.ts";
import { readVocab } from "../json/vocab.ts";
import { preTokenizer } from "../split/pre-tokenizers.ts";
import type { Split } from "../split/split.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { createByteBpe } from "./byte-bpe.ts";

interface VocabMergesOptions {
  /** How words are cut: GPT-2's way by default; other models that use these files need preTokenizer(name). */
  readonly split?: Split;
  /** Pieces of the vocabulary that are special tokens; those that are not in it are ignored. Default `<|endoftext|>`, which is BOS and EOS of GPT-2. */
  readonly special?: readonly string[];
}

/**
 * Reads the texts of vocab.json and merges.txt.
 *
 * @throws FormatError for a malformed file, or a merge that names a piece outside the vocabulary
 */
export function parseVocabMerges(vocabJson: string, mergesText: string, options: VocabMergesOptions = {}): Tokenizer {
  const { split = preTokenizer("gpt-2"), special = ["<|endoftext|>"] } = options;
  const vocab = readVocab(parseJson(vocabJson, "vocab.json"));
  const merges = mergesText.split(/\r?\n/).filter((line, i) => line !== "" && !(i === 0 && line.startsWith("#version")));
  const tokens = special.map((text) => ({ text, id: vocab.indexOf(text) })).filter(({ id }) => id !== -1);
  const end = tokens.find(({ text }) => text === "<|endoftext|>")?.id;
  return assembleTokenizer(createByteBpe({ vocab, merges, split, source: "merges.txt" }), {
    special: tokens,
    bosId: end,
    eosId: end,
    endIds: endTokenIds(tokens),
  });
}
