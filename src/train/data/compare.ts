// What has been cleaned, compared with itself: which documents are copies, which lines stand in too many places.
import { type Duplicates, fates, findDuplicates } from "./dedup/find-duplicates.ts";
import { type FrequentLines, findFrequentLines } from "./dedup/frequent-lines.ts";
import type { PartReader } from "./parts.ts";
import type { DataSettings, LinesReport } from "./report.ts";
import type { Count } from "./tally.ts";
import { scanWords } from "./words.ts";

export interface Compared {
  readonly duplicates: Duplicates;
  readonly frequent: FrequentLines;
  readonly lines: LinesReport;
  /** One of {@link fates} for each document. */
  readonly fate: Uint8Array;
  /** What was dropped as a copy, and as a near one. */
  readonly copies: Count;
  readonly near: Count;
  /** Of each document as it will be written. */
  readonly bytes: Uint32Array;
}

const mostLineExamples = 10;

export interface CompareOptions {
  readonly signal?: AbortSignal;
  /** Part of the work, from 0 to 1. */
  readonly onProgress?: (done: number) => void;
}

export async function compare(reader: PartReader, settings: DataSettings, { signal, onProgress }: CompareOptions): Promise<Compared> {
  const threshold = settings.skip.includes("near") ? undefined : settings.resemblance;
  const duplicates = await findDuplicates(reader, { threshold, signal, onProgress });
  const bytes = await wholeColumn(reader, "bytes");
  const fate = duplicates.fate.slice();
  const [copies, near] = [fates.copy, fates.near].map((kind) => countOf(fate, bytes, kind));
  const most = settings.skip.includes("lines") ? undefined : settings.lineRepeats;
  const frequent = await findFrequentLines(reader, fate, most, signal);
  const lines = await countLines(reader, frequent, fate, bytes, settings, signal);
  return { duplicates, frequent, lines, fate, copies, near, bytes };
}

function countOf(fate: Uint8Array, bytes: Uint32Array, kind: number): Count {
  const count = { documents: 0, bytes: 0 };
  for (let i = 0; i < fate.length; i++) {
    if (fate[i] !== kind) continue;
    count.documents++;
    count.bytes += bytes[i];
  }
  return count;
}

/** Takes frequent lines out to see what is left; they go for good when documents are written. Corrects `bytes` and `fate`. */
async function countLines(
  reader: PartReader,
  frequent: FrequentLines,
  fate: Uint8Array,
  bytes: Uint32Array,
  settings: DataSettings,
  signal?: AbortSignal,
): Promise<LinesReport> {
  const leastWords = settings.skip.includes("quality") ? 1 : settings.minWords;
  const examples = new Set<string>();
  let [removed, removedBytes, documents, emptied] = [0, 0, 0, 0];
  for (let number = 0; number < reader.documents; number++) {
    if (fate[number] !== fates.kept || !frequent.stand(number)) continue;
    signal?.throwIfAborted();
    const left = frequent.remove((await reader.document(number)).text);
    const size = Buffer.byteLength(left.text);
    removed += left.removed.length;
    removedBytes += bytes[number] - size;
    documents++;
    for (const line of left.removed) if (examples.size < mostLineExamples) examples.add(line.trim());
    bytes[number] = size;
    if (scanWords(left.text).hashes.length >= leastWords) continue;
    fate[number] = fates.emptied;
    emptied++;
  }
  return { different: frequent.size, removed, bytes: removedBytes, documents, emptied, examples: [...examples] };
}

/** A column of all parts. */
export async function wholeColumn(reader: PartReader, column: "bytes" | "sources"): Promise<Uint32Array> {
  const all = new Uint32Array(reader.documents);
  for await (const { first, values } of reader.column(column)) all.set(values, first);
  return all;
}
