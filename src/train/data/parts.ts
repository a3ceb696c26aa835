// What has been cleaned, on disk, in parts of a few megabytes: a file with the documents, one with the columns by which they are compared, and one that
// tells what is in the part and where reading goes on behind it. That last one is written last: a part without it does not exist. Numbers in columns
// stand as the processor has them (little-endian on all that Node runs on); parts live no longer than a run.
import { type FileHandle, mkdir, open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "../../errors.ts";
import { type CleanBatch, decodeRecord } from "./clean.ts";
import { bands } from "./dedup/min-hash.ts";
import { diskError, writeWhole } from "./disk.ts";
import { addTallies, type Tally } from "./tally.ts";

/** Where reading goes on: so many documents of a file, of all files in a row, are done. */
export interface Position {
  readonly file: number;
  readonly documents: number;
}

export interface Part {
  readonly documents: number;
  readonly lines: number;
  readonly tally: Tally;
  readonly next: Position;
}

/** `bands` is the number of one. */
export type Column = "ends" | "sources" | "bytes" | "hashes" | "lineEnds" | "lines" | { readonly band: number };

const pathOf = (folder: string, part: number, ending: string): string => join(folder, `part-${String(part).padStart(5, "0")}.${ending}`);

/** The parts that are complete. */
export async function readParts(folder: string): Promise<Part[]> {
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw diskError(folder, error);
  });
  const names = new Set(await readdir(folder));
  const parts: Part[] = [];
  while (names.has(`part-${String(parts.length).padStart(5, "0")}.json`)) {
    parts.push(JSON.parse(await readFile(pathOf(folder, parts.length, "json"), "utf8")));
  }
  return parts;
}

/** Writes the part with this number. @param batches at least one */
export async function writePart(folder: string, number: number, batches: readonly CleanBatch[], next: Position): Promise<Part> {
  const starts: { records: number; lines: number }[] = [];
  let [records, lines, documents] = [0, 0, 0];
  for (const batch of batches) {
    starts.push({ records, lines });
    records += batch.records.length;
    lines += batch.lines.length / 2;
    documents += batch.ends.length;
  }
  const column = (values: (batch: CleanBatch, i: number) => Uint32Array): Buffer =>
    Buffer.concat(batches.map((batch, i) => bytesOf(values(batch, i))));
  await writeWhole(pathOf(folder, number, "text"), async (file) => {
    for (const batch of batches) await file.writeFile(batch.records);
  });
  await writeWhole(pathOf(folder, number, "columns"), async (file) => {
    await file.writeFile(column(({ ends }, i) => ends.map((end) => end + starts[i].records)));
    await file.writeFile(column(({ sources }) => sources));
    await file.writeFile(column(({ bytes }) => bytes));
    await file.writeFile(column(({ hashes }) => hashes));
    await file.writeFile(column(({ lineEnds }, i) => lineEnds.map((end) => end + starts[i].lines)));
    for (let band = 0; band < bands; band++) await file.writeFile(column((batch) => bandColumn(batch.bands, band)));
    await file.writeFile(column((batch) => batch.lines));
  });
  const part: Part = { documents, lines, tally: batches.map(({ tally }) => tally).reduce(addTallies), next };
  await writeWhole(pathOf(folder, number, "json"), (file) => file.writeFile(JSON.stringify(part)));
  return part;
}

function bandColumn(all: Uint32Array, band: number): Uint32Array {
  const documents = all.length / (2 * bands);
  const column = new Uint32Array(2 * documents);
  for (let i = 0; i < documents; i++) {
    column[2 * i] = all[2 * (i * bands + band)];
    column[2 * i + 1] = all[2 * (i * bands + band) + 1];
  }
  return column;
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

export interface CleanDocument {
  readonly id: string;
  readonly source: string;
  readonly text: string;
}

/** All documents of all parts, numbered from 0 on in the order in which they were read. */
export interface PartReader {
  readonly documents: number;
  readonly lines: number;
  /** A column part by part, with the number of the part's first document. */
  column(column: Column): AsyncIterable<{ readonly first: number; readonly values: Uint32Array }>;
  document(number: number): Promise<CleanDocument>;
  close(): Promise<void>;
}

/** Of parts, whose files of text are kept open. */
const mostOpenFiles = 512;

export async function openParts(folder: string, parts: readonly Part[]): Promise<PartReader> {
  const firsts: number[] = [];
  let [documents, lines] = [0, 0];
  for (const part of parts) {
    firsts.push(documents);
    documents += part.documents;
    lines += part.lines;
  }
  const ends = new Map<number, Uint32Array>(); // of the parts that are open
  const texts = new Map<number, FileHandle>();

  const readColumn = async (number: number, column: Column): Promise<Uint32Array> => {
    const { start, length } = columnRange(parts[number], column);
    const values = new Uint32Array(length);
    const file = await open(pathOf(folder, number, "columns"));
    try {
      if (length > 0) await readFully(file, bytesOf(values), 4 * start);
    } finally {
      await file.close();
    }
    return values;
  };
  const openText = async (number: number): Promise<{ text: FileHandle; end: Uint32Array }> => {
    if (!texts.has(number)) {
      for (const [oldest, file] of texts) {
        if (texts.size < mostOpenFiles) break;
        texts.delete(oldest);
        ends.delete(oldest);
        await file.close();
      }
      ends.set(number, await readColumn(number, "ends"));
      texts.set(number, await open(pathOf(folder, number, "text")));
    }
    return { text: texts.get(number)!, end: ends.get(number)! };
  };

  return {
    documents,
    lines,
    async *column(column) {
      for (let i = 0; i < parts.length; i++) yield { first: firsts[i], values: await readColumn(i, column) };
    },
    async document(number) {
      const part = partOf(firsts, parts, number);
      const { text, end } = await openText(part);
      const local = number - firsts[part];
      const start = local === 0 ? 0 : end[local - 1];
      const record = Buffer.alloc(end[local] - start);
      await readFully(text, record, start);
      return decodeRecord(record);
    },
    async close() {
      for (const file of texts.values()) await file.close();
    },
  };
}

/** In numbers of 32 bits. */
function columnRange({ documents, lines }: Part, column: Column): { start: number; length: number } {
  const [ends, sources, bytes, hashes, lineEnds, firstBand] = [0, 1, 2, 3, 5, 6].map((columns) => columns * documents);
  if (typeof column === "object") return { start: firstBand + 2 * column.band * documents, length: 2 * documents };
  switch (column) {
    case "ends":
      return { start: ends, length: documents };
    case "sources":
      return { start: sources, length: documents };
    case "bytes":
      return { start: bytes, length: documents };
    case "hashes":
      return { start: hashes, length: 2 * documents };
    case "lineEnds":
      return { start: lineEnds, length: documents };
    case "lines":
      return { start: firstBand + 2 * bands * documents, length: 2 * lines };
  }
}

/** The last part that begins at or before the document, and has one. */
function partOf(firsts: readonly number[], parts: readonly Part[], number: number): number {
  let [low, high] = [0, firsts.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (firsts[middle] + parts[middle].documents > number) high = middle;
    else low = middle + 1;
  }
  return low;
}

async function readFully(file: FileHandle, into: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done);
    if (bytesRead === 0)
      throw new FormatError(`byte ${position + done}: a file of the work folder ended early: remove the folder and run the command again`);
    done += bytesRead;
  }
}
