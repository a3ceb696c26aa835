// Plain text: one document a file. A file with more than the most that a document may have is a corpus, and is cut at the last empty line before
// that limit, or where there is none at the last line break.
import { FormatError } from "../../../errors.ts";
import { maxDocumentBytes } from "../document.ts";

/** The texts of a file, one after the other. @param name of the file, for the message @throws FormatError for a line above the limit */
export async function* readText(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  let offset = 0;

  for await (const chunk of chunks) {
    waiting.push(chunk);
    bytes += chunk.length;
    while (bytes > maxDocumentBytes) {
      const all = Buffer.concat(waiting);
      const end = cutBefore(all, maxDocumentBytes);
      if (end === 0) {
        throw new FormatError(
          `${name}: byte ${offset}: a line of more than ${maxDocumentBytes} bytes, the most that one document may have: is it a text?`,
        );
      }
      yield decoder.decode(all.subarray(0, end));
      waiting = [all.subarray(end)];
      bytes -= end;
      offset += end;
    }
  }
  if (bytes > 0) yield decoder.decode(Buffer.concat(waiting));
}

/** Where the next document begins, 0 for nowhere. */
function cutBefore(bytes: Buffer, limit: number): number {
  const head = bytes.subarray(0, limit);
  for (const mark of ["\n\n", "\n\r\n", "\n"]) {
    const found = head.lastIndexOf(mark);
    if (found > 0) return found + mark.length;
  }
  return 0;
}
