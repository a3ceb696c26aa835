// The marks that a model writes around its thoughts and its calls. In some vocabularies a mark is a special token, which has no text in an answer, and in
// others it is text like any other. Whoever reads an answer reads signs instead: a special token stands as one noncharacter of Unicode, which no
// text contains, so that a model that only writes about `[TOOL_CALLS]` calls nothing. Elsewhere a mark is its own sign.
import type { Tokenizer } from "../tokenizer/tokenizer.ts";

const known = [
  "<tool_call>",
  "</tool_call>",
  "<|python_tag|>",
  "[TOOL_CALLS]",
  "[CALL_ID]",
  "[ARGS]",
  "<think>",
  "</think>",
  "[THINK]",
  "[/THINK]",
] as const;

export type Mark = (typeof known)[number];

/** U+FDD0 guards marks in prompts (encode-chat.ts). */
const FIRST_SIGN = 0xfdd1;

const signs = /[\uFDD0-\uFDEF]/g;

export interface Signs {
  /** How the mark stands in what is read. */
  of(mark: Mark): string;
  /** The sign of a special token; "" for any other token. */
  ofToken(id: number): string;
}

export function signsOf(tokenizer: Pick<Tokenizer, "specialTokens"> | undefined): Signs {
  const byMark = new Map<Mark, string>();
  const byId = new Map<number, string>();
  for (const [i, mark] of known.entries()) {
    const id = tokenizer?.specialTokens.get(mark);
    if (id === undefined) continue;
    const sign = String.fromCharCode(FIRST_SIGN + i);
    byMark.set(mark, sign);
    byId.set(id, sign);
  }
  return { of: (mark) => byMark.get(mark) ?? mark, ofToken: (id) => byId.get(id) ?? "" };
}

/** A text without signs: special tokens are not shown. */
export function withoutSigns(text: string): string {
  return text.replaceAll(signs, "");
}

/** A text in which nothing can be taken for a sign. */
export function withSignsBroken(text: string): string {
  return text.replaceAll(signs, "\uFFFD");
}
