// The documents of a file, whatever its kind.
import type { Document, SourceFile } from "../document.ts";
import { plainMarkdown } from "./plain-markdown.ts";
import { readBytes } from "./read-bytes.ts";
import { readJsonl } from "./read-jsonl.ts";
import { readLines } from "./read-lines.ts";
import { readParquet } from "./read-parquet.ts";
import { readText } from "./read-text.ts";

export interface ReadOptions {
  /** Where JSONL and Parquet have the text. */
  readonly field: string;
  /** The {@link Document.source} of what is read. */
  readonly source: string;
  /** Is told how many bytes of the file have been read since the last call. */
  readonly onBytes?: (count: number) => void;
}

/** @throws FormatError, UnsupportedError for a file that is not as its name says */
export async function* readDocuments(file: SourceFile, { field, source, onBytes = () => {} }: ReadOptions): AsyncGenerator<Document> {
  const { path } = file;
  const document = (number: number, text: string): Document => ({ id: `${path}#${number}`, text, source });
  switch (file.kind) {
    case "parquet":
      for await (const { text, number } of readParquet(path, field, onBytes)) yield document(number, text);
      break;
    case "jsonl":
      for await (const { text, number } of readJsonl(readLines(readBytes(path, onBytes), path), field, path)) yield document(number, text);
      break;
    case "text":
    case "markdown": {
      let number = 1;
      for await (const text of readText(readBytes(path, onBytes), path)) {
        yield document(number++, file.kind === "markdown" ? plainMarkdown(text.replaceAll("\r\n", "\n")) : text);
      }
    }
  }
}
