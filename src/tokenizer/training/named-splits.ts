// How byte-level BPE may cut a text into words, by the names that people use, and what the files of such a tokenizer call it.

import { preTokenizer } from "../split/pre-tokenizers.ts";
import type { Split } from "../split/split.ts";
import { llama3Pattern } from "../split/split-patterns.ts";

interface NamedSplit {
  /** tokenizer.ggml.pre of a GGUF file. */
  readonly pre: string;
  /** Steps of the pre_tokenizer of a tokenizer.json. */
  readonly steps: readonly Readonly<Record<string, unknown>>[];
  /** A word that is a piece is that piece, whatever its merges give: what readers of `pre` do. */
  readonly ignoreMerges: boolean;
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
    ignoreMerges: true,
  },
  /** GPT-2: numbers stay whole (Radford et al. 2019, section 2.2). */
  gpt2: { pre: "gpt-2", steps: [byteLevel(true)], ignoreMerges: false },
  /** Qwen 2: as Llama 3, but each digit alone. */
  qwen2: { pre: "qwen2", steps: [isolated(llama3Pattern(1)), byteLevel(false)], ignoreMerges: false },
  /** SmolLM and StarCoder: as GPT-2, but each digit alone. */
  smollm: { pre: "smollm", steps: [{ type: "Digits", individual_digits: true }, byteLevel(true)], ignoreMerges: false },
} as const satisfies Record<string, NamedSplit>;

/** llama3, gpt2, qwen2 or smollm. */
export type SplitName = keyof typeof namedSplits;

export const splitNames: readonly SplitName[] = Object.keys(namedSplits) as SplitName[];

export function splitNamed(name: SplitName): Split {
  return preTokenizer(namedSplits[name].pre);
}
