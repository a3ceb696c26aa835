// Byte-pair encoding as it is learned (Sennrich et al. 2016, algorithm 1): join the commonest pair of neighbours everywhere, and again. Words
// stand once with their count, and a merge touches only the places of its pair, so the time is that of the symbols that change.
// A pair that stands once is never joined: it says nothing of other texts. Two ways to the same text (ab+c, a+bc) give one symbol.

import { PairIndex } from "./pair-index.ts";
import { PairQueue } from "./pair-queue.ts";

/** Pairs that stand less often are not joined. */
const LEAST_COUNT = 2;

/** What is learned from: each different word once, as the symbols that merging starts from. */
export interface TrainingWords {
  /** Of all words, one after the other. */
  readonly symbols: Int32Array;
  /** Where each word ends in `symbols`. */
  readonly ends: Int32Array;
  /** How often each word stands in the text. */
  readonly counts: Float64Array;
  /** The text of each symbol that words start from: its UTF-8 bytes, a character each (U+0000 to U+00FF), so that strings compare as bytes do. */
  readonly alphabet: readonly string[];
}

/** Two symbols that became one. */
export interface Merge {
  readonly left: number;
  readonly right: number;
  readonly merged: number;
}

/** Two neighbours that may be joined. Texts are written as in TrainingWords.alphabet. */
export interface Candidate {
  readonly left: string;
  readonly right: string;
  /** Characters of both together. */
  readonly length: number;
}

/** Which of two pairs that stand equally often is joined first: negative for `a`. */
export type PairOrder = (a: Candidate, b: Candidate) => number;

/** Joins pairs one by one: see step(). */
export class MergeLearner {
  /** The text of each symbol: of the alphabet, then of what merges gave. */
  readonly texts: string[];
  /** Tokens that the whole text has with the merges so far. */
  tokens = 0;
  private readonly symbolOf: Map<string, number>;
  private readonly symbols: Int32Array; // at the first place of each symbol
  private readonly next: Int32Array; // place of the right neighbour within the word, -1 at its end
  private readonly previous: Int32Array;
  private readonly wordAt: Int32Array;
  private readonly wordCounts: Float64Array;
  private readonly pairs: PairIndex;
  private readonly queue: PairQueue;
  private readonly lengths: number[]; // of texts, in characters
  private readonly maxLength: number;

  /** @param maxLength of a symbol, in characters */
  constructor(words: TrainingWords, order: PairOrder, maxLength: number) {
    const { symbols, ends, counts, alphabet } = words;
    this.texts = [...alphabet];
    this.symbolOf = new Map(alphabet.map((text, symbol) => [text, symbol]));
    this.symbols = symbols.slice();
    this.next = new Int32Array(symbols.length);
    this.previous = new Int32Array(symbols.length);
    this.wordAt = new Int32Array(symbols.length);
    this.wordCounts = counts;
    this.lengths = alphabet.map(characters);
    this.maxLength = maxLength;
    this.pairs = new PairIndex(symbols.length);
    this.queue = new PairQueue((a, b) => order(this.candidate(a), this.candidate(b)));

    let start = 0;
    for (let word = 0; word < ends.length; word++) {
      const end = ends[word];
      for (let place = start; place < end; place++) {
        this.next[place] = place + 1 < end ? place + 1 : -1;
        this.previous[place] = place > start ? place - 1 : -1;
        this.wordAt[place] = word;
        this.tokens += counts[word];
        if (place + 1 < end) this.addPair(place, symbols[place], symbols[place + 1], counts[word]);
      }
      start = end;
    }
    for (let pair = 0; pair < this.pairs.size; pair++) this.enqueue(pair);
  }

  /** Joins the commonest pair everywhere, from left to right; undefined when no pair stands twice. */
  step(): Merge | undefined {
    const { pairs, symbols, next, previous } = this;
    const pair = this.queue.pop(pairs.counts, LEAST_COUNT);
    if (pair === -1) return undefined;
    const left = pairs.lefts[pair];
    const right = pairs.rights[pair];
    const merged = this.symbolFor(this.texts[left] + this.texts[right]);
    const touched = new Set<number>();

    for (const place of pairs.places(pair)) {
      if (pairs.at(place) !== pair) continue; // in `aaa` the second `aa` went with the first
      const count = this.wordCounts[this.wordAt[place]];
      const second = next[place];
      const before = previous[place];
      const after = next[second];
      pairs.remove(place, count);
      if (after !== -1) pairs.remove(second, count);
      if (before !== -1) pairs.remove(before, count);
      symbols[place] = merged;
      next[place] = after;
      this.tokens -= count;
      if (after !== -1) {
        previous[after] = place;
        touched.add(this.addPair(place, merged, symbols[after], count));
      }
      if (before !== -1) touched.add(this.addPair(before, symbols[before], merged, count));
    }
    for (const grown of touched) if (grown !== -1) this.enqueue(grown);
    return { left, right, merged };
  }

  /** @returns the pair, or -1 if it would be too long to be joined */
  private addPair(place: number, left: number, right: number, count: number): number {
    return this.lengths[left] + this.lengths[right] > this.maxLength ? -1 : this.pairs.add(place, left, right, count);
  }

  private enqueue(pair: number): void {
    const count = this.pairs.counts[pair];
    if (count >= LEAST_COUNT) this.queue.push(pair, count);
  }

  private symbolFor(text: string): number {
    const known = this.symbolOf.get(text);
    if (known !== undefined) return known;
    this.symbolOf.set(text, this.texts.length);
    this.lengths.push(characters(text));
    return this.texts.push(text) - 1;
  }

  private candidate(pair: number): Candidate {
    const left = this.pairs.lefts[pair];
    const right = this.pairs.rights[pair];
    return { left: this.texts[left], right: this.texts[right], length: this.lengths[left] + this.lengths[right] };
  }
}

/** Characters that start in these bytes of UTF-8. */
function characters(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xc0) !== 0x80) count++;
  return count;
}
