// The text that a command works on: an argument, a file, or stdin ("-", or a pipe when nothing else is given).
import { readFile } from "node:fs/promises";
import { UsageError } from "../errors.ts";

interface TextSources {
  /** The argument; "-" means stdin. */
  readonly text: string | undefined;
  readonly file: string | undefined;
}

/**
 * Reads the text. The line break at the end of a file or a pipe is taken off: editors and shells put it there.
 *
 * @throws UsageError when there is none, or more than one, and for a file that cannot be read or is no text
 */
export async function readText({ text, file }: TextSources): Promise<string> {
  if (text !== undefined && file !== undefined) throw new UsageError("a text and a --file were given: leave one of them out");
  if (text !== undefined && text !== "-") return text;
  if (file !== undefined && file !== "-") return withoutLastBreak(await readTextFile(file));
  if (text === undefined && file === undefined && process.stdin.isTTY) {
    throw new UsageError("there is no text: give it as an argument, with --file FILE, or through a pipe");
  }
  return withoutLastBreak(decode(await readStdin(), "stdin"));
}

/** @throws UsageError for a file that cannot be read or is no text */
export async function readTextFile(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") throw new UsageError(`${path}: there is no such file`);
    if (cause.code === "EISDIR") throw new UsageError(`${path}: is a folder, a text file is expected`);
    throw new UsageError(`${path}: cannot be read: ${cause.message}`, { cause });
  });
  return decode(bytes, path);
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${name}: is not a text in UTF-8`);
  }
}

function withoutLastBreak(text: string): string {
  return text.replace(/\r?\n$/, "");
}
