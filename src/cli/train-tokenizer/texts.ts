// The texts to learn from: those of SOURCES, read as `cria data` reads them, and what comes through a pipe.
import { addAbortSignal } from "node:stream";
import { UsageError } from "../../errors.ts";
import type { SourceFile } from "../../train/data/document.ts";
import { findSource, type SkippedFile } from "../../train/data/find-files.ts";
import { readDocuments } from "../../train/data/readers/read-documents.ts";
import { readJsonl } from "../../train/data/readers/read-jsonl.ts";
import { readLines } from "../../train/data/readers/read-lines.ts";
import { readText } from "../../train/data/readers/read-text.ts";

export interface TextsOptions {
  /** Of JSONL and Parquet; undefined: "text", and the pipe has plain text instead of JSONL. */
  readonly field: string | undefined;
  readonly signal: AbortSignal;
}

export interface Texts {
  /** Each once, however often it was named. */
  readonly files: readonly SourceFile[];
  readonly skipped: readonly SkippedFile[];
  /** Reads the files and the pipe. @param onBytes is told how many bytes of the files have been read since the last call */
  documents(onBytes: (count: number) => void): AsyncGenerator<string>;
}

const pipe = "-";

/** @throws as findSource */
export async function findTexts(names: readonly string[], options: TextsOptions): Promise<Texts> {
  const field = options.field ?? "text";
  const files = new Map<string, SourceFile>();
  const skipped = new Map<string, SkippedFile>();
  for (const name of names) {
    if (name === pipe) continue;
    const source = await findSource(name, field, options.signal);
    for (const file of source.files) files.set(file.path, file);
    for (const file of source.skipped) skipped.set(file.path, file);
  }
  return {
    files: [...files.values()],
    skipped: [...skipped.values()],
    async *documents(onBytes) {
      let isEmpty = true;
      for await (const text of all(onBytes)) {
        isEmpty &&= text === "";
        yield text;
      }
      if (isEmpty) throw new UsageError(`${names.join(", ")}: nothing to learn from: there is no text`);
    },
  };

  async function* all(onBytes: (count: number) => void): AsyncGenerator<string> {
    for (const file of files.values()) {
      for await (const { text } of readDocuments(file, { field, source: file.path, onBytes })) yield text;
    }
    if (names.includes(pipe)) yield* pipedTexts(options);
  }
}

async function* pipedTexts({ field, signal }: TextsOptions): AsyncGenerator<string> {
  const chunks: AsyncIterable<Uint8Array> = addAbortSignal(signal, process.stdin);
  try {
    if (field === undefined) yield* readText(chunks, "stdin");
    else for await (const { text } of readJsonl(readLines(chunks, "stdin"), field, "stdin")) yield text;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
