// Walks over the first bytes of a file, value by value, and knows the offset of everything it complains about. Little endian.
// It holds a prefix of the file: whoever reads past the prefix, but not past the file, gets MissingBytes and starts again with more.
import { FormatError } from "../errors.ts";

/** The prefix ends before what is being read: read the file up to `end` (at least) and parse again. Never leaves src/formats. */
export class MissingBytes extends Error {
  readonly end: number;

  constructor(end: number) {
    super(`bytes up to ${end} are needed`);
    this.end = end;
  }
}

export class ByteCursor {
  /** Of the file, for messages. */
  readonly name: string;
  /** Of the whole file, of which `bytes` is the beginning. */
  readonly fileSize: number;
  offset = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #utf8: TextDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  constructor(name: string, bytes: Uint8Array, fileSize: number) {
    this.name = name;
    this.fileSize = fileSize;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes that the file has left. */
  get remaining(): number {
    return this.fileSize - this.offset;
  }

  error(message: string, offset: number = this.offset): FormatError {
    return new FormatError(`${this.name}: byte ${offset}: ${message}`);
  }

  // Every read takes the name of what it reads, for the message when the file ends there.
  uint8(what: string): number {
    return this.#view.getUint8(this.#step(1, what));
  }

  int8(what: string): number {
    return this.#view.getInt8(this.#step(1, what));
  }

  uint16(what: string): number {
    return this.#view.getUint16(this.#step(2, what), true);
  }

  int16(what: string): number {
    return this.#view.getInt16(this.#step(2, what), true);
  }

  uint32(what: string): number {
    return this.#view.getUint32(this.#step(4, what), true);
  }

  int32(what: string): number {
    return this.#view.getInt32(this.#step(4, what), true);
  }

  float32(what: string): number {
    return this.#view.getFloat32(this.#step(4, what), true);
  }

  float64(what: string): number {
    return this.#view.getFloat64(this.#step(8, what), true);
  }

  /** A number where it is exact (up to 2^53 - 1), a bigint beyond. */
  uint64(what: string): number | bigint {
    const start = this.#step(8, what);
    const high = this.#view.getUint32(start + 4, true);
    if (high >= 2 ** 21) return this.#view.getBigUint64(start, true);
    return high * 2 ** 32 + this.#view.getUint32(start, true);
  }

  int64(what: string): number | bigint {
    const value = this.#view.getBigInt64(this.#step(8, what), true);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  /** A 64-bit length, count or offset: nothing in a real file reaches 2^53. */
  size(what: string): number {
    const start = this.offset;
    const value = this.uint64(what);
    if (typeof value === "bigint") throw this.error(`${what} is ${value}: no file is that large`, start);
    return value;
  }

  /** @param length in bytes */
  utf8(length: number, what: string): string {
    const start = this.#step(length, what);
    try {
      return this.#utf8.decode(this.#bytes.subarray(start, start + length));
    } catch {
      throw this.error(`${what} is not UTF-8`, start);
    }
  }

  #step(length: number, what: string): number {
    const start = this.offset;
    const end = start + length;
    if (end > this.fileSize) {
      throw this.error(`${what} needs ${length} bytes, the file ends after ${this.remaining}: it is damaged or the download is incomplete`);
    }
    if (end > this.#bytes.length) throw new MissingBytes(end);
    this.offset = end;
    return start;
  }
}
