// The work on one document that needs no other: normalise, judge, hash. Batches of it are what workers do.
import { createHash } from "node:crypto";
import { hashText } from "./dedup/hash.ts";
import { bandKeys, bands, shinglesOf } from "./dedup/min-hash.ts";
import { normalise } from "./normalise/normalise.ts";
import { type Failure, type QualityOptions, qualityFailure } from "./quality/rules.ts";
import { type Dropped, excerptOf, type Tally, wordBins } from "./tally.ts";
import { scanWords } from "./words.ts";

export interface CleanOptions extends QualityOptions {
  /** Whether lines of wrapped paragraphs are joined. */
  readonly unwrap: boolean;
  /** Whether rules of quality are asked. */
  readonly quality: boolean;
  /** Whether near-duplicates will be looked for; if not, the keys of all bands are 0. */
  readonly near: boolean;
}

export interface RawDocument {
  readonly id: string;
  readonly text: string;
  /** Its place among the sources. */
  readonly source: number;
}

export interface Batch {
  readonly documents: readonly RawDocument[];
  readonly sources: readonly string[];
}

/** The documents of a batch that passed, n of them, as columns. */
export interface CleanBatch {
  /** One record a document (see {@link encodeRecord}), one behind the other. */
  readonly records: Uint8Array;
  /** Where each record ends. [n] */
  readonly ends: Uint32Array;
  /** Of each document, its place among the sources. [n] */
  readonly sources: Uint32Array;
  /** Of each text, in bytes of UTF-8. [n] */
  readonly bytes: Uint32Array;
  /** The first 64 bits of the text's SHA-256. [n, 2] */
  readonly hashes: Uint32Array;
  /** [n, bands, 2] */
  readonly bands: Uint32Array;
  /** Where the lines of each document end. [n] */
  readonly lineEnds: Uint32Array;
  /** A key for each line that is not empty. [lines, 2] */
  readonly lines: Uint32Array;
  readonly tally: Tally;
}

/** What a line is compared by: its letters without regard to case. */
export function lineKey(line: string, into: Uint32Array, at: number): void {
  hashText(line.trim().toLowerCase(), into, at);
}

/** On disk, a document is one line of JSON and then its text. */
export function encodeRecord(id: string, source: string, text: string): Buffer {
  return Buffer.from(`${JSON.stringify({ id, source })}\n${text}`);
}

export function decodeRecord(record: Buffer): { id: string; source: string; text: string } {
  const end = record.indexOf(0x0a);
  return { ...JSON.parse(record.toString("utf8", 0, end)), text: record.toString("utf8", end + 1) };
}

export function cleanBatch({ documents, sources: names }: Batch, options: CleanOptions): CleanBatch {
  const records: Buffer[] = [];
  const [ends, sources, bytes, lineEnds]: number[][] = [[], [], [], []];
  const [hashes, bandsOfAll, lines]: Uint32Array[][] = [[], [], []];
  const count = () => names.map(() => ({ documents: 0, bytes: 0 }));
  const [read, passed] = [count(), count()];
  const normalised = { documents: 0, bytes: 0, changed: 0 };
  const dropped: Record<string, { documents: number; bytes: number; examples: Dropped["examples"][number][] }> = {};
  const wordCounts: number[] = new Array(wordBins).fill(0);
  let [recordBytes, lineCount] = [0, 0];

  for (const { id, text: raw, source } of documents) {
    const text = normalise(raw, options.unwrap);
    const size = Buffer.byteLength(text);
    read[source].documents++;
    read[source].bytes += Buffer.byteLength(raw);
    normalised.documents++;
    normalised.bytes += size;
    if (text !== raw) normalised.changed++;
    const words = scanWords(text);
    const failure = text === "" ? emptyText : options.quality ? qualityFailure(text, words, options) : undefined;
    if (failure) {
      dropped[failure.rule] ??= { documents: 0, bytes: 0, examples: [] };
      const rule = dropped[failure.rule];
      rule.documents++;
      rule.bytes += size;
      rule.examples.push({ id, ...failure, excerpt: excerptOf(text) });
      continue;
    }
    passed[source].documents++;
    passed[source].bytes += size;
    wordCounts[Math.min(wordBins - 1, Math.floor(Math.log2(Math.max(1, words.hashes.length))))]++;

    const record = encodeRecord(id, names[source], text);
    records.push(record);
    recordBytes += record.length;
    ends.push(recordBytes);
    sources.push(source);
    bytes.push(size);
    const digest = createHash("sha256").update(text).digest();
    hashes.push(Uint32Array.of(digest.readUInt32BE(0), digest.readUInt32BE(4)));
    if (options.near) bandsOfAll.push(bandKeys(shinglesOf(words.hashes)));
    const keys = lineKeys(text);
    lines.push(keys);
    lineCount += keys.length / 2;
    lineEnds.push(lineCount);
  }
  return {
    records: Buffer.concat(records),
    ends: Uint32Array.from(ends),
    sources: Uint32Array.from(sources),
    bytes: Uint32Array.from(bytes),
    hashes: concat(hashes, 2 * ends.length),
    bands: concat(bandsOfAll, 2 * bands * ends.length),
    lineEnds: Uint32Array.from(lineEnds),
    lines: concat(lines, 2 * lineCount),
    tally: { read, normalised, passed, dropped, words: wordCounts },
  };
}

const emptyText: Failure = { rule: "empty", value: 0, limit: "at least one character" };

function lineKeys(text: string): Uint32Array {
  const lines = text.split("\n").filter((line) => line !== "");
  const keys = new Uint32Array(2 * lines.length);
  for (const [i, line] of lines.entries()) lineKey(line, keys, 2 * i);
  return keys;
}

function concat(arrays: readonly Uint32Array[], length: number): Uint32Array {
  const all = new Uint32Array(length);
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}
