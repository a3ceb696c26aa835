// A vocabulary for tests: a token for each byte, and one that ends a text.
import { formatConstraint } from "../src/generate/grammar/format-constraint.ts";
import type { OutputFormat } from "../src/generate/output-format.ts";
import type { Tokenizer } from "../src/tokenizer/tokenizer.ts";

const END = 256;

export const byteTokenizer: Tokenizer = {
  vocabSize: 257,
  bosId: undefined,
  eosId: END,
  endIds: new Set([END]),
  specialTokens: new Map([["<end>", END]]),
  encode: (text) => [...new TextEncoder().encode(text)],
  decode: (ids) => new TextDecoder().decode(Uint8Array.from(ids)),
  stream: () => {
    throw new Error("not for streams");
  },
  piece: (id) => (id < END ? String.fromCharCode(id) : "<end>"),
  bytes: (id) => (id < END ? Uint8Array.of(id) : undefined),
};

/** Those of the texts that a format lets come, byte by byte, to their end. */
export async function allowed(format: OutputFormat, texts: readonly string[]): Promise<string[]> {
  const scores = new Float32Array(byteTokenizer.vocabSize);
  const found: string[] = [];
  (await formatConstraint(byteTokenizer, format)).dispose();
  for (const text of texts) {
    const constraint = await formatConstraint(byteTokenizer, format);
    const whole = byteTokenizer.encode(text).every((id) => {
      if (constraint.mask(scores)[id] !== 0) return false;
      constraint.accept(id);
      return true;
    });
    if (whole && constraint.mask(scores)[END] === 0) found.push(text);
    constraint.dispose();
  }
  return found;
}
