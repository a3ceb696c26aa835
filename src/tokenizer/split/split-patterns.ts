// Split patterns by their text. Those of the common families have a scanner of their own; all others run on the linear matcher.

import { regexMatches } from "./regex-match.ts";
import { type MatchBehavior, type Split, splitAtMatches } from "./split.ts";
import { splitDigits, splitGpt2, splitLlama3 } from "./word-scanners.ts";

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const words = String.raw`[^\r\n\p{L}\p{N}]?\p{L}+`;
const rest = String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

/** The pattern of Llama 3 (numbers in groups of three digits) and of Qwen 2 (each digit alone), as their tokenizer.json writes it. */
export function llama3Pattern(maxDigits: 1 | 3): string {
  return `${contractions}|${words}|\\p{N}${maxDigits === 1 ? "" : "{1,3}"}|${rest}`;
}

/** The pattern of GPT-2, as its encoder.py writes it. */
export const gpt2Pattern: string = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

// These patterns match every character of a text, so that it does not matter what happens between matches.
const scanners: ReadonlyMap<string, Split> = new Map([
  [gpt2Pattern, splitGpt2],
  [String.raw`'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, splitGpt2],
  [llama3Pattern(3), splitLlama3(3)],
  [llama3Pattern(1), splitLlama3(1)],
  // cl100k_base as newer tiktoken writes it: possessive, which changes nothing here but the time.
  [
    String.raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`,
    splitLlama3(3),
  ],
]);

/**
 * The split at the matches of a pattern in Oniguruma's syntax.
 *
 * @throws UnsupportedError for a pattern that cria does not read, naming it
 */
export function splitAtPattern(pattern: string, behavior: MatchBehavior = "Isolated", invert = false): Split {
  const keepsMatches = behavior === "Isolated" || (behavior === "Removed" && invert);
  const scanner = keepsMatches ? scanners.get(pattern) : undefined;
  if (scanner) return scanner;
  if (pattern === String.raw`\p{N}` && behavior === "Isolated") return splitDigits;
  return splitAtMatches(regexMatches(pattern), behavior, invert);
}
