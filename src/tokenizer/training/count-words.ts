// Reads the documents, and counts their words. A word never reaches over the end of a document, nor over a special token that stands in it.

import { finish } from "../pauses.ts";
import { literalSplitter } from "../special-tokens.ts";
import { Spans, type Split } from "../split/split.ts";
import { WordCounts } from "./word-counts.ts";

/** How often the computation stands back, in milliseconds: for signals, timers and drawing. */
export const BREATH = 50;

/** Characters of a text that are counted at once, at least. */
const PART = 1 << 20;

export interface CountedText {
  readonly words: WordCounts;
  /** UTF-8 bytes of all documents, special tokens left out. */
  readonly bytes: number;
}

/**
 * Counts the words of documents as they come; none is kept.
 *
 * @param split    how a text is cut into words
 * @param special  texts of special tokens: they are no words
 * @param prepare  what happens to the text between special tokens before it is cut
 */
export async function countWords(
  documents: Iterable<string> | AsyncIterable<string>,
  split: Split,
  special: readonly string[],
  prepare: (text: string) => string,
  signal?: AbortSignal,
): Promise<CountedText> {
  const words = new WordCounts();
  const parts = literalSplitter(special.map((text, id) => ({ text, id })));
  const encoder = new TextEncoder();
  const spans = new Spans();
  let total = 0;
  let breath = performance.now();
  for await (const document of documents) {
    signal?.throwIfAborted();
    for (const text of parts(document)) {
      if (typeof text === "number") continue;
      for (const part of inParts(text)) {
        count(part);
        if (performance.now() - breath <= BREATH) continue;
        await standBack();
        signal?.throwIfAborted();
        breath = performance.now();
      }
    }
  }
  return { words, bytes: total };

  function count(part: string): void {
    const prepared = prepare(part);
    const bytes = encoder.encode(prepared);
    total += prepared === part ? bytes.length : encoder.encode(part).length;
    spans.length = 0;
    finish(split(bytes, 0, bytes.length, spans));
    const { data, length } = spans;
    for (let i = 0; i < length; i += 2) words.add(bytes, data[i], data[i + 1]);
  }
}

/**
 * A long text in parts, so that memory and the time to a signal stay small. It is cut behind a line break with no white space on either side: there every
 * split cuts, and takes what is before and behind for the same words. A text without such a place stays whole.
 */
function* inParts(text: string): Generator<string> {
  const lineBreak = /\S\n(?=\S)/g;
  for (let start = 0; start < text.length; start = lineBreak.lastIndex) {
    lineBreak.lastIndex = start + PART;
    if (!lineBreak.test(text)) return yield text.slice(start);
    yield text.slice(start, lineBreak.lastIndex);
  }
}

/** Lets the event loop turn once. */
export function standBack(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}
