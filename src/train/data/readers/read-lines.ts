// Lines of a stream of bytes. A line has a greatest length, so that a file without line breaks cannot fill the memory.
import { FormatError } from "../../../errors.ts";
import { maxDocumentBytes } from "../document.ts";

export interface Line {
  /** Without the break at its end, \n or \r\n. */
  readonly bytes: Uint8Array;
  /** Of its first byte in the (unpacked) file. */
  readonly offset: number;
  /** From 1 on. */
  readonly number: number;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** @param name of the file, for the message @throws FormatError for a line of more than {@link maxDocumentBytes} */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Line> {
  let offset = 0;
  let number = 1;
  let begun: Uint8Array[] = []; // of a line that reaches over chunks
  let begunBytes = 0;

  const lineOf = (end: Uint8Array): Line => {
    const whole = begun.length === 0 ? end : Buffer.concat([...begun, end]);
    const line = { bytes: whole.at(-1) === carriageReturn ? whole.subarray(0, -1) : whole, offset, number };
    offset += whole.length + 1;
    number++;
    begun = [];
    begunBytes = 0;
    return line;
  };
  const check = (bytes: number): void => {
    if (bytes <= maxDocumentBytes) return;
    throw new FormatError(
      `${name}: byte ${offset}: line ${number} has more than ${maxDocumentBytes} bytes, the most that one document may have: split it or leave it out`,
    );
  };

  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      check(begunBytes + end - start);
      yield lineOf(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start === chunk.length) continue;
    begun.push(chunk.slice(start)); // a copy: readers of files use their chunks again
    begunBytes += chunk.length - start;
    check(begunBytes);
  }
  if (begunBytes > 0) yield lineOf(new Uint8Array());
}
