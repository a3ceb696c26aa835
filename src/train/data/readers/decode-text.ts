// Bytes as text, strictly: what is not UTF-8 is an error with its place. Put in silently, U+FFFD would be learned.
import { FormatError } from "../../../errors.ts";

const strict = new TextDecoder("utf-8", { fatal: true });
const replacing = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * A byte order mark at the beginning is left out.
 *
 * @param name   of the file, for the message
 * @param offset of the first byte in the (unpacked) file
 * @throws FormatError that names the first byte which is not UTF-8
 */
export function decodeText(bytes: Uint8Array, name: string, offset: number): string {
  try {
    return strict.decode(bytes);
  } catch (cause) {
    const at = firstBroken(bytes);
    const found = `0x${bytes[at].toString(16).padStart(2, "0")}`;
    throw new FormatError(`${name}: byte ${offset + at}: is not UTF-8 (${found}): convert the file or leave it out`, { cause });
  }
}

/** Where the first U+FFFD was put that does not stand there. */
function firstBroken(bytes: Uint8Array): number {
  const text = replacing.decode(bytes);
  let at = 0;
  for (let start = 0; ; at += 3) {
    const mark = text.indexOf("\ufffd", start);
    at += Buffer.byteLength(text.slice(start, mark));
    if (bytes[at] !== 0xef || bytes[at + 1] !== 0xbf || bytes[at + 2] !== 0xbd) return at;
    start = mark + 1;
  }
}
