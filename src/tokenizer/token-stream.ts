// Ids back to text, all at once or as they arrive. A token may hold a part of a character, so bytes go through one incremental
// UTF-8 decoder: unfinished characters wait, broken ones give one U+FFFD for each maximal subpart, a byte order mark stays
// (https://encoding.spec.whatwg.org/#utf-8-decoder with ignoreBOM).
import type { TokenStream } from "./tokenizer.ts";

/**
 * What happens to the space that encoding put before the first word: "keep" (none was put there), "drop" the first one,
 * or "drop-all" leading ones (SentencePiece models that remove extra white space never mean one).
 */
export type LeadingSpace = "keep" | "drop" | "drop-all";

/** The bytes of an id; empty for what is not to be shown. */
export type BytesOf = (id: number) => Uint8Array;

/** A stream over the bytes of ids: see TokenStream. */
export function tokenStream(bytesOf: BytesOf, leadingSpace: LeadingSpace): TokenStream {
  const take = leadingSpaceDropper(leadingSpace);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return {
    push: (id) => decoder.decode(take(bytesOf(id)), { stream: true }),
    end: () => decoder.decode(),
  };
}

/** The text of ids: what a stream would show of them in all. */
export function decodeTokens(ids: readonly number[], bytesOf: BytesOf, leadingSpace: LeadingSpace): string {
  const take = leadingSpaceDropper(leadingSpace);
  const parts = ids.map((id) => take(bytesOf(id)));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** Each token's bytes pass through in order; the first that are not empty may lose a space. */
function leadingSpaceDropper(leadingSpace: LeadingSpace): (bytes: Uint8Array) => Uint8Array {
  let dropping = leadingSpace !== "keep";
  return (bytes) => {
    if (!dropping || bytes.length === 0) return bytes;
    const rest = bytes[0] === 0x20 ? bytes.subarray(1) : bytes;
    dropping = leadingSpace === "drop-all" && rest.length === 0;
    return rest;
  };
}
