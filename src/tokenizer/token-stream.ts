// Ids back to text, all at once or as they arrive. A token may hold a part of a character, so bytes go through one incremental
// UTF-8 decoder: unfinished characters wait, broken ones give one U+FFFD for each maximal subpart, a byte order mark stays
// (https://encoding.spec.whatwg.org/#utf-8-decoder with ignoreBOM).
import type { TokenStream } from "./tokenizer.ts";

/** The bytes of an id; empty for what is not to be shown. */
type BytesOf = (id: number) => Uint8Array;

/** The space before a first word, put there by encoding: decoding drops it. */
export interface LeadingSpace {
  /** True for ids whose first byte is such a space. */
  readonly startsWithSpace: (id: number) => boolean;
  /** Every space at the start of a text is dropped, not only the first. */
  readonly all: boolean;
}

/** A stream over the bytes of ids: see TokenStream. */
export function tokenStream(bytesOf: BytesOf, leading?: LeadingSpace): TokenStream {
  const take = leading ? withoutLeading(bytesOf, leading) : bytesOf;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return {
    push: (id) => decoder.decode(take(id), { stream: true }),
    end: () => decoder.decode(),
  };
}

/** The text of ids: what a stream would show of them in all. */
export function decodeTokens(ids: readonly number[], bytesOf: BytesOf, leading?: LeadingSpace): string {
  const take = leading ? withoutLeading(bytesOf, leading) : bytesOf;
  const parts = ids.map((id) => take(id));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** Bytes of ids in their order; the first that has any loses its leading space. */
function withoutLeading(bytesOf: BytesOf, leading: LeadingSpace): BytesOf {
  let atStart = true;
  return (id) => {
    const bytes = bytesOf(id);
    if (!atStart || bytes.length === 0) return bytes;
    const rest = leading.startsWithSpace(id) ? bytes.subarray(1) : bytes;
    atStart = leading.all && rest.length === 0;
    return rest;
  };
}
