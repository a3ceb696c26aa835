// The text of a file or of stdin, decoded as it comes; gzip is known by its first bytes.
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { addAbortSignal, pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { FormatError, UsageError } from "../../errors.ts";

/** The path that means stdin. */
export const STDIN = "-";

/** Who watches the reading. */
export interface ReadingWatch {
  /** Called with the bytes of each part of the file. */
  readonly onBytes?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * The text in parts, as they are read.
 *
 * @throws UsageError for a file that cannot be read or is no text in UTF-8, FormatError for damaged gzip
 */
export async function* openText(path: string, { onBytes, signal }: ReadingWatch = {}): AsyncGenerator<string> {
  const name = path === STDIN ? "stdin" : path;
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (bytes?: Uint8Array): string => {
    try {
      const text = decoder.decode(bytes, { stream: bytes !== undefined });
      if (!text.includes("\0")) return text;
    } catch {
      // Said below.
    }
    throw new UsageError(`${name}: is not a text in UTF-8: leave it out, or convert it`);
  };
  const isZipped = path !== STDIN && (await isGzip(path));
  const file: Readable = path === STDIN ? process.stdin : createReadStream(path, { highWaterMark: 1 << 18 });
  if (signal) addAbortSignal(signal, file);
  try {
    const bytes = counted(file, onBytes);
    const parts = isZipped ? pipeline(bytes, createGunzip(), () => {}) : bytes;
    for await (const part of parts) yield decode(part as Uint8Array);
  } catch (error) {
    signal?.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith("Z_")) throw new FormatError(`${name}: is damaged or cut off (gzip: ${message}): get it again`);
    if (code !== undefined) throw new UsageError(`${name}: cannot be read: ${message}`, { cause: error });
    throw error;
  } finally {
    file.destroy();
  }
  yield decode();
}

async function* counted(file: Readable, onBytes?: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const bytes of file) {
    onBytes?.(bytes.length);
    yield bytes;
  }
}

async function isGzip(path: string): Promise<boolean> {
  const handle = await open(path).catch((cause: Error) => {
    throw new UsageError(`${path}: cannot be opened: ${cause.message}`, { cause });
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}
