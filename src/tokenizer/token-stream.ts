// Ids back to text, all at once or as they arrive. A token may hold a part of a character, so bytes go through one incremental
// UTF-8 decoder: unfinished characters wait, broken ones give one U+FFFD for each maximal subpart, a byte order mark stays
// (https://encoding.spec.whatwg.org/#utf-8-decoder with ignoreBOM).
import type { TokenStream } from "./tokenizer.ts";

/** The bytes of an id; empty for what is not to be shown. */
export type BytesOf = (id: number) => Uint8Array;

/**
 * A stream over the bytes of ids: see TokenStream.
 *
 * @param dropsSpace true for ids whose first byte is dropped at the start of a text: the space before a first word
 */
export function tokenStream(bytesOf: BytesOf, dropsSpace: (id: number) => boolean): TokenStream {
  const take = fromStart(bytesOf, dropsSpace);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return {
    push: (id) => decoder.decode(take(id), { stream: true }),
    end: () => decoder.decode(),
  };
}

/** The text of ids: what a stream would show of them in all. */
export function decodeTokens(ids: readonly number[], bytesOf: BytesOf, dropsSpace: (id: number) => boolean): string {
  const parts = ids.map(fromStart(bytesOf, dropsSpace));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** Bytes of ids in their order: of the first that has any, the space may be dropped. */
function fromStart(bytesOf: BytesOf, dropsSpace: (id: number) => boolean): BytesOf {
  let atStart = true;
  return (id) => {
    const bytes = bytesOf(id);
    if (!atStart || bytes.length === 0) return bytes;
    atStart = false;
    return dropsSpace(id) ? bytes.subarray(1) : bytes;
  };
}
