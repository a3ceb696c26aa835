// Where bytes come from. Readers see only this: a name for messages, a size, and reads of ranges, so that no file is ever read whole.
import { FormatError } from "../errors.ts";

/** Random access to a file, a Blob or a URL. */
export interface ByteSource {
  /** For messages: a path, a file name, a URL. */
  readonly name: string;
  /** Length in bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset` on. @throws FormatError when the source ends earlier */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** A file beside this one (a shard), never outside its folder. @throws FormatError for names that would leave it, UsageError where a source has no neighbours */
  sibling(name: string): Promise<ByteSource>;
  close(): Promise<void>;
}

/** The check before every read: nothing is allocated for bytes that the source does not have. @throws FormatError */
export function requireRange({ name, size }: { name: string; size: number }, offset: number, length: number): void {
  if (offset + length > size) throw new FormatError(`${name}: byte ${offset}: ${length} bytes are needed, the file ends at ${size}`);
}
