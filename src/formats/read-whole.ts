// Small files that are read whole: the texts and the JSON that stand beside weights. Each has a limit, for they come from strangers.
import { FormatError } from "../errors.ts";
import type { ByteSource } from "./source.ts";
import { type Json, parseStrictJson } from "./strict-json.ts";

/** @throws FormatError for more than `maxBytes` */
export async function readWhole(source: ByteSource, maxBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
  if (source.size > maxBytes)
    throw new FormatError(`${source.name}: byte 0: the file has ${source.size} bytes, at most ${maxBytes} are read`);
  return source.read(0, source.size, signal);
}

/** @param name of the file, for the message @throws FormatError for what is not UTF-8 */
export function decodeUtf8(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(`${name}: byte 0: the file is not UTF-8`, { cause });
  }
}

/** @throws FormatError for what is too large, not UTF-8, not JSON, nested more than `maxDepth` deep, or has a key twice */
export async function readJson(source: ByteSource, maxBytes: number, maxDepth: number, signal?: AbortSignal): Promise<Json> {
  const text = decodeUtf8(await readWhole(source, maxBytes, signal), source.name);
  try {
    return parseStrictJson(text, maxDepth);
  } catch (cause) {
    throw new FormatError(`${source.name}: byte 0: the file is not JSON as it should be: ${(cause as SyntaxError).message}`, { cause });
  }
}
