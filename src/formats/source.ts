// Where bytes come from. Readers see only this: a name for messages, a size, and reads of ranges, so that no file is ever read whole.
import { FormatError, UsageError } from "../errors.ts";

/** Random access to a file, a Blob or a URL. */
export interface ByteSource {
  /** For messages: a path, a file name, a URL. */
  readonly name: string;
  /** Length in bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset` on.
   *
   * @param into memory for as many bytes, which a source may use so that big files leave no garbage
   * @throws FormatError when the source ends earlier
   */
  read(offset: number, length: number, signal?: AbortSignal, into?: Uint8Array): Promise<Uint8Array>;
  /**
   * A file beside this one (a shard), never outside its folder.
   *
   * @throws FormatError for names that would leave it, MissingFileError where there is none, UsageError where it cannot be opened
   */
  sibling(name: string, signal?: AbortSignal): Promise<ByteSource>;
  close(): Promise<void>;
}

/** There is no such file, and that is certain: a server that fails or a folder that may not be read gives other UsageErrors. */
export class MissingFileError extends UsageError {}

/** A file beside this one that may be missing. @returns undefined where there is none @throws whatever else keeps it from being opened */
export async function optionalSibling(source: ByteSource, name: string, signal?: AbortSignal): Promise<ByteSource | undefined> {
  return source.sibling(name, signal).catch((error: unknown) => {
    if (error instanceof MissingFileError) return undefined;
    throw error;
  });
}

/** The check before every read: nothing is allocated for bytes that the source does not have. @throws FormatError */
export function requireRange({ name, size }: { name: string; size: number }, offset: number, length: number): void {
  if (offset + length > size) throw new FormatError(`${name}: byte ${offset}: ${length} bytes are needed, the file ends at ${size}`);
}
