// The seam between a tokenizer's algorithm and everything around it. An algorithm (byte-level BPE, SentencePiece, unigram)
// is a TextModel; cutting a text at special tokens, BOS/EOS and streaming UTF-8 are the same for all: see assemble.ts.

import type { Steps } from "./pauses.ts";

/** One tokenizer algorithm over plain text: what stands between two special tokens goes in, ids come out. */
export interface TextModel {
  /** One more than the highest id. */
  readonly vocabSize: number;
  /** True where encoding puts a space before the first word, so that decoding takes it away again; "all" where no text begins with spaces. */
  readonly dropsLeadingSpace: boolean | "all";
  /** Appends the ids of a text, in steps. `first`: nothing was encoded before it (some models put a space before the very first word only). */
  encode(text: string, out: number[], first: boolean): Steps;
  /** What an id stands for in UTF-8 (possibly a part of a character); undefined for an id outside the vocabulary. */
  bytes(id: number): Uint8Array | undefined;
  /** The piece as the vocabulary writes it; undefined for an id outside the vocabulary. */
  piece(id: number): string | undefined;
}
