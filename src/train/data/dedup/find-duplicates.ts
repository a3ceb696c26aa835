// Which documents are copies of earlier ones, or nearly. First exact copies, by SHA-256; then, band by band, candidates with an equal key, whose
// shingles are compared (see min-hash.ts). A document is dropped if any earlier one is like it, whether or not that one was dropped itself.
//
// Memory: one table of keys at a time, of at most `maxKeys` entries (24 bytes each, half of them free), and a byte a document. Where there are more
// documents, the keys are cut into slices by their value, and the column is read once for each slice: the result is the same. Texts are read from
// disk two at a time.
import type { CleanDocument, Column, PartReader } from "../parts.ts";
import { excerptOf } from "../tally.ts";
import { scanWords } from "../words.ts";
import { createKeyTable } from "./key-table.ts";
import { bands, resemblance, shingleSet, shinglesOf } from "./min-hash.ts";

/** What became of a document. */
export const fates = { kept: 0, copy: 1, near: 2, emptied: 3 } as const;

export interface Likeness {
  readonly id: string;
  /** The earlier document. */
  readonly of: string;
  /** Of their shingles, by Jaccard; 1 for copies. */
  readonly resemblance: number;
  readonly excerpt: string;
}

export interface Duplicates {
  /** One of {@link fates} for each document. */
  readonly fate: Uint8Array;
  /** The first few of each kind. */
  readonly copies: readonly Likeness[];
  readonly near: readonly Likeness[];
}

export interface DuplicateOptions {
  /** Resemblance from which on a document is dropped; undefined: only exact copies are. */
  readonly threshold: number | undefined;
  readonly signal?: AbortSignal;
  /** Part of the work, from 0 to 1. */
  readonly onProgress?: (done: number) => void;
  /** Entries of a table. */
  readonly maxKeys?: number;
}

export const defaultMaxKeys: number = 2 ** 24;
const mostExamples = 10;
/** Pairs that were compared and are not alike; forgotten, they are compared again. */
const mostPairs = 2 ** 20;
/** Sets of shingles that are kept, of documents that are compared to many. */
const mostSets = 16;

export async function findDuplicates(parts: PartReader, options: DuplicateOptions): Promise<Duplicates> {
  const { threshold, signal, onProgress = () => {}, maxKeys = defaultMaxKeys } = options;
  const fate = new Uint8Array(parts.documents);
  const copies: Likeness[] = [];
  for await (const [first, number] of candidates(parts, "hashes", maxKeys, fate, signal)) {
    fate[number] = fates.copy;
    if (copies.length < mostExamples) copies.push(likeness(await parts.document(number), await parts.document(first), 1));
  }
  const near: Likeness[] = [];
  if (threshold === undefined) return { fate, copies, near };
  // A near copy is compared to others too: like the order of bands, that a document was dropped must not decide about others.
  const skip = fate.slice();
  const unlike = new Set<number>();
  const setOf = shingleSets(parts);
  for (let band = 0; band < bands; band++) {
    onProgress(band / bands);
    for await (const [first, number] of candidates(parts, { band }, maxKeys, skip, signal)) {
      const pair = first * parts.documents + number;
      if (fate[number] !== fates.kept || unlike.has(pair)) continue;
      const likenessOfPair = resemblance(await setOf(first), await setOf(number));
      if (likenessOfPair < threshold) {
        if (unlike.size >= mostPairs) unlike.clear();
        unlike.add(pair);
        continue;
      }
      fate[number] = fates.near;
      if (near.length < mostExamples) near.push(likeness(await parts.document(number), await parts.document(first), likenessOfPair));
    }
  }
  onProgress(1);
  return { fate, copies, near };
}

/** Each document whose key an earlier one has too, with the first that has it. @param skip documents that are passed over */
async function* candidates(
  parts: PartReader,
  column: Column,
  maxKeys: number,
  skip: Uint8Array,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly [first: number, number: number]> {
  const slices = Math.ceil(parts.documents / maxKeys);
  for (let slice = 0; slice < slices; slice++) {
    const table = createKeyTable();
    for await (const { first, values } of parts.column(column)) {
      signal?.throwIfAborted();
      for (let i = 0; i < values.length; i += 2) {
        const number = first + i / 2;
        if (skip[number] !== 0 || values[i] % slices !== slice) continue;
        const earlier = table.first(values[i], values[i + 1], number);
        if (earlier !== number) yield [earlier, number];
      }
    }
  }
}

function shingleSets(parts: PartReader): (number: number) => Promise<Uint32Array> {
  const kept = new Map<number, Uint32Array>();
  return async (number) => {
    const set = kept.get(number) ?? shingleSet(shinglesOf(scanWords((await parts.document(number)).text).hashes));
    kept.delete(number);
    kept.set(number, set); // the last that goes
    if (kept.size > mostSets) kept.delete(kept.keys().next().value!);
    return set;
  };
}

function likeness(document: CleanDocument, earlier: CleanDocument, value: number): Likeness {
  return { id: document.id, of: earlier.id, resemblance: value, excerpt: excerptOf(document.text) };
}
