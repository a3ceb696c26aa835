// What flows through the preparation of training data.

/** A text on its way into training data. */
export interface Document {
  /** File and place in it, from 1 on: "stories.jsonl#12" is line 12, "novel.txt#1" the text or its first piece, "set.parquet#7" row 7. */
  readonly id: string;
  readonly text: string;
  /** The SOURCE that it belongs to, as it was named. */
  readonly source: string;
}

export type FileKind = "text" | "markdown" | "jsonl" | "parquet";

export interface SourceFile {
  readonly path: string;
  readonly kind: FileKind;
  readonly bytes: number;
  /** When it was last changed, in milliseconds. */
  readonly modified: number;
}

/** Of one document, and of one line of JSONL. The Bible has 4 MB, the longest novels 10; what is longer is a corpus, or no text. */
export const maxDocumentBytes: number = 32 * 2 ** 20;
