// Which files hold the texts: what is named, and what folders hold, looked at before time is spent on them.
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../../errors.ts";
import { openText, STDIN } from "./read-text.ts";

export interface TextFile {
  /** STDIN for what comes through a pipe. */
  readonly path: string;
  /** On disk; 0 for stdin. */
  readonly bytes: number;
}

/** What is taken from folders. A file that is named may be called anything. */
const inFolders = /\.(txt|text|md|jsonl|ndjson)(\.gz)?$/i;

/**
 * The files behind paths: files, folders (with all that lies below them, but for hidden ones), and stdin, each once. Those of a folder are sorted.
 *
 * @throws UsageError for what does not exist, folders without texts, files that are no text, and when all of them are empty
 */
export async function findTexts(paths: readonly string[]): Promise<TextFile[]> {
  const found = new Map<string, TextFile>();
  for (const path of paths) {
    for (const file of path === STDIN ? [{ path, bytes: 0 }] : await textsAt(path)) found.set(file.path, file);
  }
  const files = [...found.values()].filter(({ path, bytes }) => path === STDIN || bytes > 0);
  if (files.length === 0) throw new UsageError(`${paths.join(", ")}: nothing to learn from, every file is empty`);
  for (const { path } of files) if (path !== STDIN) await lookInto(path);
  return files;
}

async function textsAt(path: string): Promise<TextFile[]> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") throw new UsageError(`${path}: there is no such file or folder`);
    throw new UsageError(`${path}: cannot be read: ${cause.message}`, { cause });
  });
  if (found.isDirectory()) {
    const files = await below(path);
    if (files.length > 0) return files;
    throw new UsageError(
      `${path}: the folder holds no texts: expected .txt, .md or .jsonl files (also with .gz), or name the files themselves`,
    );
  }
  if (!found.isFile()) throw new UsageError(`${path}: is not a regular file; a pipe is read as -`);
  return [{ path, bytes: found.size }];
}

async function below(folder: string): Promise<TextFile[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: Error) => {
    throw new UsageError(`${folder}: cannot be read: ${cause.message}`, { cause });
  });
  const files: TextFile[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await below(path)));
    else if (entry.isFile() && inFolders.test(entry.name)) files.push({ path, bytes: (await stat(path)).size });
  }
  return files;
}

/** Reads the first part of a file: that it cannot be opened or is no text shows there. */
async function lookInto(path: string): Promise<void> {
  for await (const _ of openText(path)) break;
}
