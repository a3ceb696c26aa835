// The split patterns of GPT-2 and of Llama 3 (and their relatives) by hand: one pass over the bytes, no backtracking. Each
// comment is the pattern that the code follows alternative by alternative; the tests hold them against JavaScript's RegExp.

import { STRIDE } from "../pauses.ts";
import type { Split } from "./split.ts";
import { charLength, codePointAt, kindAt, LETTER, NUMBER, runEnd, SPACE } from "./unicode-kinds.ts";

const LF = 0x0a;
const CR = 0x0d;
const BLANK = 0x20;
const APOSTROPHE = 0x27;

function words(wordEnd: (bytes: Uint8Array, start: number, end: number) => number): Split {
  return function* (bytes, start, end, out) {
    for (let i = start, rest = start + STRIDE; i < end; ) {
      if (i >= rest) {
        yield;
        rest = i + STRIDE;
      }
      const next = wordEnd(bytes, i, end);
      out.push(i, next);
      i = next;
    }
  };
}

/** `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+` */
export const splitGpt2: Split = words((bytes, start, end) => {
  if (bytes[start] === APOSTROPHE) {
    const length = contractionLength(bytes, start, end, 0);
    if (length > 0) return start + length;
  }
  const first = bytes[start] === BLANK && start + 1 < end ? start + 1 : start;
  const kind = kindAt(bytes, first);
  return kind === SPACE ? spaceEnd(bytes, start, end) : runEnd(bytes, first, end, kind);
});

/**
 * `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,maxDigits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
 * with 3 digits in Llama 3, 1 in Qwen 2.
 */
export function splitLlama3(maxDigits: number): Split {
  return words((bytes, start, end) => {
    const b = bytes[start];
    if (b === APOSTROPHE) {
      const length = contractionLength(bytes, start, end, 0x20);
      if (length > 0) return start + length;
    }
    const kind = kindAt(bytes, start);
    if (kind === LETTER) return runEnd(bytes, start, end, LETTER);
    if (kind === NUMBER) {
      let i = start;
      for (let digits = 0; digits < maxDigits && i < end && kindAt(bytes, i) === NUMBER; digits++) i += charLength(bytes[i]);
      return i;
    }
    const next = start + charLength(b);
    const nextKind = next < end ? kindAt(bytes, next) : SPACE;
    if (nextKind === LETTER && b !== CR && b !== LF) return runEnd(bytes, next, end, LETTER);
    if (kind !== SPACE) return newlinesEnd(bytes, runEnd(bytes, start, end, kind), end);
    if (b === BLANK && nextKind !== SPACE && nextKind !== NUMBER) return newlinesEnd(bytes, runEnd(bytes, next, end, nextKind), end);
    const runs = runEnd(bytes, start, end, SPACE);
    for (let i = runs - 1; i >= start; i--) if (bytes[i] === LF || bytes[i] === CR) return i + 1;
    return spaceEnd(bytes, start, end);
  });
}

/** `\p{N}`: each digit a piece of its own, and what lies between. */
export const splitDigits: Split = function* (bytes, start, end, out) {
  let open = start;
  for (let i = start, rest = start + STRIDE; i < end; i += charLength(bytes[i])) {
    if (i >= rest) {
      yield;
      rest = i + STRIDE;
    }
    if (kindAt(bytes, i) !== NUMBER) continue;
    if (open < i) out.push(open, i);
    open = i + charLength(bytes[i]);
    out.push(i, open);
  }
  if (open < end) out.push(open, end);
};

// Length of 's 't 'm 'd 're 've 'll at an apostrophe, else 0. `fold` is 0x20 to read capitals as small letters; then 's also
// matches U+017F, the long s, which is the one other character that case folding takes to these letters.
function contractionLength(bytes: Uint8Array, at: number, end: number, fold: number): number {
  if (at + 1 >= end) return 0;
  const a = bytes[at + 1] | fold;
  if (a === 0x73 || a === 0x74 || a === 0x6d || a === 0x64) return 2;
  if (at + 2 >= end) return 0;
  const b = bytes[at + 2] | fold;
  if (((a === 0x72 || a === 0x76) && b === 0x65) || (a === 0x6c && b === 0x6c)) return 3;
  return fold !== 0 && bytes[at + 1] >= 0x80 && codePointAt(bytes, at + 1) === 0x17f ? 3 : 0;
}

// `\s+(?!\S)|\s+`: a run of white space leaves its last character to the word that follows, unless it has only one.
function spaceEnd(bytes: Uint8Array, start: number, end: number): number {
  const stop = runEnd(bytes, start, end, SPACE);
  if (stop === end) return stop;
  let last = stop - 1;
  while ((bytes[last] & 0xc0) === 0x80) last--;
  return last > start ? last : stop;
}

// `[\r\n]*`
function newlinesEnd(bytes: Uint8Array, i: number, end: number): number {
  while (i < end && (bytes[i] === LF || bytes[i] === CR)) i++;
  return i;
}
