// What a model is trained on: texts, or conversations in the words of a chat template.
import { createHash } from "node:crypto";
import { type ChatMessage, encodeChat } from "../../chat/index.ts";
import { UsageError } from "../../errors.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { SourceFile } from "../data/document.ts";
import { findSource, type SkippedFile } from "../data/find-files.ts";
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
  return content.map((message) => {
    if (typeof message.content === "string") return message.content;
    return (message.content ?? []).map(({ text = "" }) => text).join("");
  });
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
  /** Every so many-th part is kept to measure with; 100 by default. */
  readonly validateEvery?: number;
  /** Told of files that were not read, and why. */
  readonly onSkipped?: (files: readonly SkippedFile[]) => void;
  readonly signal?: AbortSignal;
}

/** From so many characters for the part that is kept apart, a document is long enough to give its own end. */
const leastEnd = 100;

/**
 * The documents of files, folders and patterns, as `cria data` reads them. To measure with are kept: the documents of val-00000.jsonl and so on, where `cria data`
 * has split them; otherwise the end of each long document, and of short ones every so many-th by its hash, or the one with the lowest where that is none.
 *
 * @throws UsageError when there is nothing to read
 */
export async function* textDocuments(
  sources: readonly string[],
  { field = "text", validateEvery = 100, onSkipped = () => {}, signal }: TextDocumentsOptions = {},
): AsyncGenerator<TrainingDocument> {
  const files = await filesOf(sources, field, onSkipped, signal);
  async function* read(): AsyncGenerator<{ readonly path: string; readonly text: string }> {
    for (const file of files) {
      for await (const { text } of readDocuments(file, { field, source: file.path })) {
        signal?.throwIfAborted();
        yield { path: file.path, text };
      }
    }
  }
  if (!files.some(({ path }) => keptApart.test(path))) return yield* splitApart(read(), validateEvery);
  for await (const { path, text } of read()) yield { content: text, side: keptApart.test(path) ? "val" : "train" };
}

async function* splitApart(texts: AsyncIterable<{ readonly text: string }>, every: number): AsyncGenerator<TrainingDocument> {
  let lowest: { readonly content: string; readonly hash: bigint } | undefined; // of the short ones: whether it is needed is known at the end
  let someApart = false;
  for await (const { text } of texts) {
    if (text.length >= leastEnd * every) {
      const middle = Math.floor(text.length * (1 - 1 / every));
      const end = /[\uD800-\uDBFF]/.test(text[middle - 1]) ? middle - 1 : middle; // cuts no character
      yield { content: text.slice(0, end), side: "train" };
      yield { content: text.slice(end), side: "val" };
      someApart = true;
      continue;
    }
    const hash = hashOf(text);
    if (hash % BigInt(every) === 0n) {
      yield { content: text, side: "val" };
      someApart = true;
    } else if (!lowest || hash < lowest.hash) {
      if (lowest) yield { content: lowest.content, side: "train" };
      lowest = { content: text, hash };
    } else yield { content: text, side: "train" };
  }
  if (lowest) yield { content: lowest.content, side: someApart ? "train" : "val" };
}

/** Whole files as they are, Markdown too: for recipes that take them apart themselves. @throws UsageError when there is nothing to read */
export async function* textFiles(
  sources: readonly string[],
  { onSkipped = () => {}, signal }: Pick<TextDocumentsOptions, "onSkipped" | "signal"> = {},
): AsyncGenerator<{ readonly path: string; readonly text: string }> {
  for (const { path } of await filesOf(sources, "text", onSkipped, signal)) {
    signal?.throwIfAborted();
    for await (const text of readText(readBytes(path), path)) yield { path, text };
  }
}

async function filesOf(
  sources: readonly string[],
  field: string,
  onSkipped: (files: readonly SkippedFile[]) => void,
  signal: AbortSignal | undefined,
): Promise<SourceFile[]> {
  if (sources.length === 0) throw new UsageError("there is no data: name files, folders or patterns (--data)");
  const found = [];
  for (const source of sources) found.push(await findSource(source, field, signal));
  const skipped = found.flatMap((source) => source.skipped);
  if (skipped.length > 0) onSkipped(skipped);
  return found.flatMap(({ files }) => files);
}

/** As src/train/data/shards.ts names them. */
const keptApart = /(?:^|\/)val-\d{5}\.jsonl$/;

/** By the SHA-256 of a text, as a number: it is on the same side wherever it stands. @param every so many-th is to measure with */
export function sideOf(text: string, every: number): TrainingDocument["side"] {
  return hashOf(text) % BigInt(every) === 0n ? "val" : "train";
}

function hashOf(text: string): bigint {
  return BigInt(`0x${createHash("sha256").update(text).digest("hex")}`);
}
