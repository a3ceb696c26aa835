// The pre-tokenizers of byte-level BPE vocabularies by the names that GGUF files give them (tokenizer.ggml.pre), with what
// llama.cpp does for each (src/llama-vocab.cpp there).

import { UnsupportedError } from "../errors.ts";
import { type Split, sequence } from "./split.ts";
import { splitDigits, splitGpt2, splitLlama3 } from "./word-scanners.ts";

const digitsThenGpt2: Split = sequence([splitDigits, splitGpt2]);

const byName: ReadonlyMap<string, Split> = new Map([
  ...names(splitGpt2, "gpt-2"),
  ...names(digitsThenGpt2, "smollm"),
  ...names(splitLlama3(3), "llama-bpe"),
  ...names(splitLlama3(1), "qwen2"),
]);

function names(split: Split, ...list: string[]): [string, Split][] {
  return list.map((name) => [name, split]);
}

/**
 * The pre-tokenizer of this name, as in a GGUF file's tokenizer.ggml.pre.
 *
 * @throws UnsupportedError for a name that is not known
 */
export function preTokenizer(name: string): Split {
  const split = byName.get(name);
  if (split) return split;
  throw new UnsupportedError(`pre-tokenizer ${JSON.stringify(name)} is not known; known are ${[...byName.keys()].join(", ")}`);
}
