// From what a user names (a file, a folder, a pattern) to the files to read, looked at before time is spent on them. Order is that of the names,
// by code unit, so that it is the same everywhere.
import { readdir, stat } from "node:fs/promises";
import { FormatError, UsageError } from "../../errors.ts";
import type { FileKind, SourceFile } from "./document.ts";
import { isGlob, parseGlob } from "./glob.ts";
import { readBytes } from "./readers/read-bytes.ts";
import { readDocuments } from "./readers/read-documents.ts";

export interface SkippedFile {
  readonly path: string;
  readonly reason: string;
}

/** What one SOURCE of the command line stands for. */
export interface Source {
  /** As it was given. */
  readonly name: string;
  /** At least one. */
  readonly files: readonly SourceFile[];
  readonly skipped: readonly SkippedFile[];
}

const kinds: Readonly<Record<string, FileKind>> = {
  txt: "text",
  text: "text",
  md: "markdown",
  markdown: "markdown",
  jsonl: "jsonl",
  ndjson: "jsonl",
  parquet: "parquet",
};

export const readable = ".txt, .text, .md, .markdown, .jsonl, .ndjson, .parquet; all but Parquet with .gz behind it too";

/** Enough to tell a text from what is none. */
const sniffedBytes = 64 * 1024;

/**
 * Finds the files of a SOURCE and looks into each: at the first bytes of texts, at the first document of JSONL and Parquet. Folders are searched to
 * any depth, without hidden entries and without folders behind links; of them only files with known endings are taken.
 *
 * @param name a path, or a pattern with * and **
 * @param field where JSONL and Parquet have the text
 * @throws UsageError when there is nothing to read; FormatError, UnsupportedError for a file named as such that cannot be read
 */
export async function findSource(name: string, field: string, signal?: AbortSignal): Promise<Source> {
  const path = name.length > 1 ? name.replaceAll("\\", "/").replace(/\/+$/, "") : name;
  const found = await stat(path).catch(() => undefined);
  if (!found && !isGlob(path)) throw new UsageError(`${name}: there is no such file or folder`);
  const files: SourceFile[] = [];
  const skipped: SkippedFile[] = [];
  const take = async (file: string, named: boolean): Promise<void> => {
    signal?.throwIfAborted();
    const kind = kindOf(file) ?? (named ? "text" : undefined);
    if (kind === undefined) return void skipped.push({ path: file, reason: "its name has no known ending" });
    const { size, mtimeMs } = await stat(file);
    const candidate = { path: file, kind, bytes: size, modified: mtimeMs };
    const reason = size === 0 ? "it is empty" : await whyNotReadable(candidate, field);
    if (reason === undefined) files.push(candidate);
    else skipped.push({ path: file, reason });
  };

  if (found && !found.isDirectory()) {
    if (!found.isFile()) throw new UsageError(`${name}: is no regular file`);
    await take(path, true);
    if (files.length === 0) throw new UsageError(`${name}: cannot be read: ${skipped[0].reason}`);
  } else if (found) {
    for await (const file of filesBelow(path)) await take(file, false);
  } else {
    const { folder, matches } = parseGlob(path);
    for await (const file of filesBelow(folder)) if (matches(file)) await take(file, true);
  }
  if (files.length === 0) throw new UsageError(nothingFound(name, skipped));
  return { name, files, skipped };
}

/** Of a name with or without .gz; Parquet packs its own columns, and is not read through a second packing. */
function kindOf(path: string): FileKind | undefined {
  const [, ending, packed] = /\.([^./]+?)(\.gz)?$/i.exec(path) ?? [];
  const kind = Object.hasOwn(kinds, ending?.toLowerCase() ?? "") ? kinds[ending.toLowerCase()] : undefined;
  return kind === "parquet" && packed ? undefined : kind;
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`${folder}: ${cause.code === "ENOENT" ? "there is no such folder" : cause.message}`, { cause });
  });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const path = folder === "/" ? `/${entry.name}` : `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(path);
    // Behind a link to a folder may be this very folder.
    else if (entry.isFile() || (entry.isSymbolicLink() && (await stat(path).catch(() => undefined))?.isFile())) yield path;
  }
}

async function whyNotReadable(file: SourceFile, field: string): Promise<string | undefined> {
  if (file.kind !== "parquet") {
    const reason = await whyNoText(file.path);
    if (reason !== undefined) return reason;
  }
  // A wrong --field, or a file that is not what its name says, is better known now than in an hour.
  if (file.kind === "parquet" || file.kind === "jsonl") {
    for await (const _ of readDocuments(file, { field, source: "" })) break;
  }
  return undefined;
}

async function whyNoText(path: string): Promise<string | undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let bytes = 0;
  try {
    for await (const chunk of readBytes(path)) {
      const head = chunk.subarray(0, sniffedBytes - bytes);
      bytes += head.length;
      if (head.includes(0)) return "it is binary, or UTF-16: a text in UTF-8 is expected";
      decoder.decode(head, { stream: true });
      if (bytes >= sniffedBytes) break;
    }
  } catch (error) {
    if (error instanceof FormatError) throw error;
    if (error instanceof TypeError) return "it is not in UTF-8: convert it first";
    throw error;
  }
  return undefined;
}

function nothingFound(name: string, skipped: readonly SkippedFile[]): string {
  const why = skipped
    .slice(0, 3)
    .map(({ path, reason }) => `\n  ${path}: ${reason}`)
    .join("");
  const passed = skipped.length === 0 ? "" : `; ${skipped.length} ${skipped.length === 1 ? "file was" : "files were"} passed over:${why}`;
  return `${name}: holds no file that can be read, expected ${readable}${passed}`;
}
