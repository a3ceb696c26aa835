// What is counted on the way: per source, per rule, with a few examples. Tallies of batches are added in the order of the documents, so the sums and
// the examples are the same on any number of workers.
import type { Failure } from "./quality/rules.ts";

export interface Count {
  readonly documents: number;
  /** Of text, in UTF-8. */
  readonly bytes: number;
}

/** A document that was dropped, and why. */
export interface Example extends Failure {
  readonly id: string;
  /** How it begins. */
  readonly excerpt: string;
}

export interface Dropped extends Count {
  /** The first few. */
  readonly examples: readonly Example[];
}

export interface Tally {
  /** What was read, of each source. */
  readonly read: readonly Count[];
  /** After normalising, of all sources; documents whose text changed. */
  readonly normalised: Count & { readonly changed: number };
  /** What passed the rules of quality, of each source. */
  readonly passed: readonly Count[];
  readonly dropped: Readonly<Record<string, Dropped>>;
  /** Documents that passed: place i counts those with 2^i to 2^(i+1) - 1 words, place 0 those with none too. */
  readonly words: readonly number[];
}

/** Of each rule. */
const mostExamples = 5;
const excerptLength = 120;
export const wordBins = 28;

export function emptyTally(sources: number): Tally {
  const none = Array.from({ length: sources }, () => ({ documents: 0, bytes: 0 }));
  return { read: none, normalised: { documents: 0, bytes: 0, changed: 0 }, passed: none, dropped: {}, words: new Array(wordBins).fill(0) };
}

export function addTallies(a: Tally, b: Tally): Tally {
  const dropped: Record<string, Dropped> = { ...a.dropped };
  for (const [rule, { examples, ...count }] of Object.entries(b.dropped)) {
    const { examples: before, ...countBefore } = dropped[rule] ?? { examples: [], documents: 0, bytes: 0 };
    dropped[rule] = { ...addCounts(countBefore, count), examples: [...before, ...examples].slice(0, mostExamples) };
  }
  return {
    read: a.read.map((count, i) => addCounts(count, b.read[i])),
    normalised: { ...addCounts(a.normalised, b.normalised), changed: a.normalised.changed + b.normalised.changed },
    passed: a.passed.map((count, i) => addCounts(count, b.passed[i])),
    dropped,
    words: a.words.map((count, i) => count + b.words[i]),
  };
}

export function addCounts(a: Count, b: Count): Count {
  return { documents: a.documents + b.documents, bytes: a.bytes + b.bytes };
}

export function totalOf(counts: readonly Count[]): Count {
  return counts.reduce(addCounts, { documents: 0, bytes: 0 });
}

/** How a text begins, on one line. */
export function excerptOf(text: string): string {
  const line = text
    .slice(0, 4 * excerptLength)
    .replace(/\s+/g, " ")
    .trim();
  return line.length <= excerptLength ? line : `${line.slice(0, excerptLength)}...`;
}
