// Cuts a text at literal tokens (`<|im_end|>`): the leftmost, then the longest. Whoever calls decides which tokens are looked for:
// special ones only when parseSpecial is asked for, others (added words, user-defined pieces) always.
// The flags are those of added tokens in a Hugging Face tokenizer.json. Time: length of the text times length of the longest token at most.
import { finish, STRIDE, type Steps } from "./pauses.ts";
import { buildTrie } from "./trie.ts";

/** A token that is found by its literal text, before any other rule sees the text. */
export interface LiteralToken {
  readonly text: string;
  readonly id: number;
  /** The token takes the white space to its left with it. */
  readonly lstrip?: boolean;
  /** The token takes the white space to its right with it. */
  readonly rstrip?: boolean;
  /** It counts only where neither neighbour is part of a word. */
  readonly singleWord?: boolean;
}

const space = /\p{White_Space}/u; // as Rust's \s: with U+0085, without U+FEFF
const word = "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]"; // as Rust's \w
const endsInWord = new RegExp(`${word}$`, "u");
const startsInWord = new RegExp(`^${word}`, "u");

/**
 * Prepares the cutting of texts at `tokens`.
 *
 * @returns a function from a text to its parts in order: a string is text (never empty), a number is the id of a token
 */
export function literalSplitter(tokens: Iterable<LiteralToken>): (text: string) => (string | number)[] {
  const split = literalSteps(tokens);
  return (text) => finish(split(text));
}

/** The same in steps. */
export function literalSteps(tokens: Iterable<LiteralToken>): (text: string) => Steps<(string | number)[]> {
  const list = [...tokens].filter((token) => token.text !== "");
  const trie = buildTrie(list.map((token, index) => [token.text, index]));

  return function* (text) {
    if (list.length === 0) return text === "" ? [] : [text];
    const parts: (string | number)[] = [];
    let done = 0; // everything before it is in parts
    for (let start = 0; start < text.length; ) {
      if (start % STRIDE === 0) yield;
      const match = trie.longestAt(text, start);
      if (!match) {
        start++;
        continue;
      }
      const token = list[match.value];
      if (!token.singleWord || standsAlone(text, start, match.end)) {
        const from = token.lstrip ? skipSpaceBack(text, start, done) : start;
        if (from > done) parts.push(text.slice(done, from));
        parts.push(token.id);
        done = token.rstrip ? skipSpace(text, match.end) : match.end;
      }
      start = Math.max(match.end, done);
    }
    if (done < text.length) parts.push(text.slice(done));
    return parts;
  };
}

/** No word touches text[start, end). Two code units hold any character. */
function standsAlone(text: string, start: number, end: number): boolean {
  return !endsInWord.test(text.slice(Math.max(0, start - 2), start)) && !startsInWord.test(text.slice(end, end + 2));
}

function skipSpace(text: string, from: number): number {
  let end = from;
  while (end < text.length && space.test(text[end])) end++;
  return end;
}

function skipSpaceBack(text: string, from: number, least: number): number {
  let start = from;
  while (start > least && space.test(text[start - 1])) start--;
  return start;
}
