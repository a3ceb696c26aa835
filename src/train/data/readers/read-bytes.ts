// The bytes of a file from its beginning to its end, unpacked where its name ends in .gz. Never more than a few chunks are in memory.
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { FormatError } from "../../../errors.ts";

const chunkBytes = 256 * 1024;

/**
 * @param onBytes is told how many bytes of the file, packed ones where it is packed, have been read since the last call
 * @throws FormatError for a .gz file that is damaged or cut off
 */
export async function* readBytes(path: string, onBytes: (count: number) => void = () => {}): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: chunkBytes });
  let told = 0;
  const stream = /\.gz$/i.test(path) ? pipeline(file, createGunzip({ chunkSize: chunkBytes }), () => {}) : file;
  try {
    for await (const chunk of stream) {
      onBytes(file.bytesRead - told);
      told = file.bytesRead;
      yield chunk as Uint8Array;
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (!code?.startsWith("Z_")) throw cause;
    throw new FormatError(`${path}: cannot be unpacked after byte ${file.bytesRead}: ${message}: fetch or pack it again`, { cause });
  }
}
