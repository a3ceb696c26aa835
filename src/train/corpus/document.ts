// What a model is trained on: texts, or conversations in the words of a chat template.
import { createHash } from "node:crypto";
import { type ChatMessage, encodeChat } from "../../chat/index.ts";
import { UsageError } from "../../errors.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { SourceFile } from "../data/document.ts";
import { findSource } from "../data/find-files.ts";
import { readBytes } from "../data/readers/read-bytes.ts";
import { readDocuments } from "../data/readers/read-documents.ts";
import { readText } from "../data/readers/read-text.ts";

export interface TrainingDocument {
  readonly content: string | readonly ChatMessage[];
  /** To learn from, or to measure with. */
  readonly side: "train" | "val";
}

/** The words of a document, without the marks of a template: what bits per byte are counted by. */
export function textsOf({ content }: TrainingDocument): string[] {
  if (typeof content === "string") return [content];
  return content.map((message) => (typeof message.content === "string" ? message.content : ""));
}

/** The tokens of a document, from the one that begins a text to the one that ends it. */
export async function encodeDocument(
  { content }: TrainingDocument,
  tokenizer: Tokenizer,
  chatTemplate: string | undefined,
): Promise<number[]> {
  if (typeof content !== "string") return encodeChat(tokenizer, chatTemplate, content, { addGenerationPrompt: false });
  const { bosId, eosId } = tokenizer;
  return [...(bosId === undefined ? [] : [bosId]), ...tokenizer.encode(content), ...(eosId === undefined ? [] : [eosId])];
}

export interface TextDocumentsOptions {
  /** Field or column that has the text, in JSONL and Parquet; "text" by default. */
  readonly field?: string;
  /** Every so many-th document, by its hash, is kept to measure with; 100 by default. Where `cria data` has split already (files val-*.jsonl), its split counts. */
  readonly validateEvery?: number;
  readonly signal?: AbortSignal;
}

/**
 * The documents of files, folders and patterns, as `cria data` reads them.
 *
 * @throws UsageError when there is nothing to read
 */
export async function* textDocuments(
  sources: readonly string[],
  { field = "text", validateEvery = 100, signal }: TextDocumentsOptions = {},
): AsyncGenerator<TrainingDocument> {
  if (sources.length === 0) throw new UsageError("there is no data: name files, folders or patterns (--data)");
  const found: SourceFile[] = [];
  for (const source of sources) found.push(...(await findSource(source, field, signal)).files);
  const isSplit = found.some(({ path }) => splitFile.test(path));
  for (const file of found) {
    for await (const { text } of readDocuments(file, { field, source: file.path })) {
      signal?.throwIfAborted();
      const named = splitFile.exec(file.path)?.[1];
      yield { content: text, side: isSplit ? (named === "val" ? "val" : "train") : sideOf(text, validateEvery) };
    }
  }
}

/** Whole files as they are, Markdown too: for recipes that take them apart themselves. @throws UsageError when there is nothing to read */
export async function* textFiles(
  sources: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<{ readonly path: string; readonly text: string }> {
  for (const source of sources) {
    for (const { path } of (await findSource(source, "text", signal)).files) {
      signal?.throwIfAborted();
      for await (const text of readText(readBytes(path), path)) yield { path, text };
    }
  }
}

/** As src/train/data/shards.ts names them. */
const splitFile = /(?:^|\/)(train|val)-\d{5}\.jsonl$/;

/** By SHA-256, as a number: a text is on the same side wherever it stands. @param every so many-th is to measure with */
export function sideOf(text: string, every: number): TrainingDocument["side"] {
  const hash = createHash("sha256").update(text).digest("hex");
  return BigInt(`0x${hash}`) % BigInt(every) === 0n ? "val" : "train";
}
