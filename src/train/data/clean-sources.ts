// All documents of all sources, read in order, cleaned in batches on other threads, and put into parts on disk.
import type { Batch, CleanBatch, RawDocument } from "./clean.ts";
import { createCleanPool, inOrder } from "./clean-pool.ts";
import type { SourceFile } from "./document.ts";
import type { Source } from "./find-files.ts";
import { type Part, type Position, readParts, writePart } from "./parts.ts";
import { readDocuments } from "./readers/read-documents.ts";
import type { DataSettings } from "./report.ts";

/** What a worker gets at once. */
const batchCharacters = 256 * 1024;
const batchDocuments = 1000;
/** Of raw text, in one part. */
const partCharacters = 16 * 2 ** 20;

interface PlacedFile {
  readonly file: SourceFile;
  /** Its place among the sources. */
  readonly source: number;
}

interface PlacedBatch extends Batch {
  readonly characters: number;
  readonly next: Position;
}

export interface CleanSourcesOptions {
  /** Threads beside this one. */
  readonly workers: number;
  readonly signal?: AbortSignal;
  /** Bytes of files. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** @returns the parts in the folder: those of an earlier run, and what follows them */
export async function cleanSources(
  sources: readonly Source[],
  folder: string,
  { skip, field, minWords, languages }: DataSettings,
  { workers, signal, onProgress = () => {} }: CleanSourcesOptions,
): Promise<Part[]> {
  const files = sources.flatMap(({ files: own }, source) => own.map((file) => ({ file, source })));
  const total = files.reduce((sum, { file }) => sum + file.bytes, 0);
  const parts = await readParts(folder);
  const start = parts.at(-1)?.next ?? { file: 0, documents: 0 };
  let read = files.slice(0, start.file).reduce((sum, { file }) => sum + file.bytes, 0);
  const onBytes = (bytes: number): void => {
    read += bytes;
    onProgress(Math.min(read, total), total);
  };
  const pool = createCleanPool(workers, {
    unwrap: !skip.includes("unwrap"),
    quality: !skip.includes("quality"),
    near: !skip.includes("near"),
    ...{ minWords, languages },
  });
  try {
    const batches = batchesFrom(files, start, sources, field, onBytes);
    const cleaned = inOrder(batches, 2 * pool.workers, async (batch) => ({ batch, clean: await pool.run(batch) }));
    let waiting: CleanBatch[] = [];
    let characters = 0;
    let next = start;
    for await (const { batch, clean: done } of cleaned) {
      signal?.throwIfAborted();
      waiting.push(done);
      characters += batch.characters;
      next = batch.next;
      if (characters < partCharacters) continue;
      parts.push(await writePart(folder, parts.length, waiting, next));
      waiting = [];
      characters = 0;
    }
    if (waiting.length > 0) parts.push(await writePart(folder, parts.length, waiting, next));
    return parts;
  } finally {
    await pool.close();
  }
}

async function* batchesFrom(
  files: readonly PlacedFile[],
  start: Position,
  sources: readonly Source[],
  field: string,
  onBytes: (count: number) => void,
): AsyncGenerator<PlacedBatch> {
  const names = sources.map(({ name }) => name);
  let documents: RawDocument[] = [];
  let characters = 0;
  const batch = (next: Position): PlacedBatch => {
    const full = { documents, sources: names, characters, next };
    documents = [];
    characters = 0;
    return full;
  };
  let position = start;
  for (let i = start.file; i < files.length; i++) {
    const { file, source } = files[i];
    const done = i === start.file ? start.documents : 0;
    let count = 0;
    for await (const { id, text } of readDocuments(file, { field, source: names[source], onBytes })) {
      count++;
      if (count <= done) continue;
      documents.push({ id, text, source });
      characters += text.length;
      position = { file: i, documents: count };
      if (characters >= batchCharacters || documents.length >= batchDocuments) yield batch(position);
    }
  }
  if (documents.length > 0) yield batch(position);
}
