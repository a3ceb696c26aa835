// Plain text: one document a file. A file with more than the most that a document may have is a corpus, and is cut at the last empty line before
// that limit, or where there is none at the last line break. A piece begins with white space only where no line begins without: a tokenizer that
// learns from the pieces meets the words of the whole.
import { FormatError } from "../../../errors.ts";
import { maxDocumentBytes } from "../document.ts";
import { decodeText } from "./decode-text.ts";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * The texts of a file, one after the other.
 *
 * @param name of the file, for the message
 * @throws FormatError for a line above the limit, for what is not UTF-8, and for zero bytes
 */
export async function* readText(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<string> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  let offset = 0;

  // Not in the generator itself: it would keep these bytes as long as somebody works on the text.
  const takePiece = (): string => {
    const all = Buffer.concat(waiting);
    const end = bytes > maxDocumentBytes ? cutBefore(all, maxDocumentBytes) : bytes;
    if (end === 0) {
      throw new FormatError(
        `${name}: byte ${offset}: a line of more than ${maxDocumentBytes} bytes, the most that one document may have: is it a text?`,
      );
    }
    waiting = [Buffer.from(all.subarray(end))];
    const text = textOf(all.subarray(0, end), name, offset);
    bytes -= end;
    offset += end;
    return text;
  };

  for await (const chunk of chunks) {
    waiting.push(chunk);
    bytes += chunk.length;
    while (bytes > maxDocumentBytes) yield takePiece();
  }
  if (bytes > 0) yield takePiece();
}

function textOf(bytes: Uint8Array, name: string, offset: number): string {
  const zero = bytes.indexOf(0);
  if (zero < 0) return decodeText(bytes, name, offset);
  throw new FormatError(`${name}: byte ${offset + zero}: is zero: the file is binary, or UTF-16: a text in UTF-8 is expected`);
}

/** Where the next document begins, 0 for nowhere. @param bytes more than limit */
function cutBefore(bytes: Buffer, limit: number): number {
  let [line, indented] = [0, 0];
  // The four bytes from the first place on hold any character as a whole.
  for (let at = limit - 3; at > 0; at--) {
    if (bytes[at - 1] !== lineFeed) continue;
    indented ||= at;
    if (/^\s/.test(bytes.toString("utf8", at, at + 4))) continue;
    line ||= at;
    const before = bytes[at - 2] === carriageReturn ? at - 3 : at - 2;
    if (bytes[before] === lineFeed) return at;
  }
  return line || indented;
}
