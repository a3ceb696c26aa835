// How byte-level BPE may cut a text into words, by the names that people use, and what the files of such a tokenizer call it.

import { prePatterns, preTokenizer } from "../split/pre-tokenizers.ts";
import type { Split } from "../split/split.ts";
import { llama3Pattern } from "../split/split-patterns.ts";

interface NamedSplit {
  /** tokenizer.ggml.pre of a GGUF file. */
  readonly pre: string;
  /** Steps of the pre_tokenizer of a tokenizer.json. */
  readonly steps: readonly Readonly<Record<string, unknown>>[];
}

const isolated = (pattern: string): NamedSplit["steps"][number] => ({
  type: "Split",
  pattern: { Regex: pattern },
  behavior: "Isolated",
  invert: false,
});
const byteLevel = (cuts: boolean): NamedSplit["steps"][number] => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: cuts,
});

export const namedSplits = {
  /** Llama 3: numbers in groups of up to three digits. */
  llama3: {
    pre: "llama-bpe",
    steps: [isolated(llama3Pattern(3)), byteLevel(false)],
  },
  /** GPT-2: numbers stay whole (Radford et al. 2019, section 2.2). */
  gpt2: { pre: "gpt-2", steps: [byteLevel(true)] },
  /** Qwen 2: as Llama 3, but each digit alone. */
  qwen2: { pre: "qwen2", steps: [isolated(llama3Pattern(1)), byteLevel(false)] },
  /** SmolLM and StarCoder: as GPT-2, but each digit alone. */
  smollm: { pre: "smollm", steps: [{ type: "Digits", individual_digits: true }, byteLevel(true)] },
} as const satisfies Record<string, NamedSplit>;

/** llama3, gpt2, qwen2 or smollm. */
export type SplitName = keyof typeof namedSplits;

export const splitNames: readonly SplitName[] = Object.keys(namedSplits) as SplitName[];

export function splitNamed(name: SplitName): Split {
  return preTokenizer(namedSplits[name].pre);
}

/** The steps of a tokenizer.json that cut words as the pre-tokenizer of this name does. @throws UnsupportedError for a name that is not known */
export function splitSteps(pre: string): NamedSplit["steps"] {
  const named = Object.values(namedSplits).find((split) => split.pre === pre);
  return named?.steps ?? [...prePatterns(pre).map(isolated), byteLevel(false)];
}
