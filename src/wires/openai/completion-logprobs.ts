// Log-probabilities in the older shape, that of /v1/completions.
import type { NamedToken } from "../../chat/answer.ts";
import type { CompletionLogprobs } from "./completion-types.ts";

/** A token of a prompt or of an answer. */
interface ToldToken extends Omit<NamedToken, "logprob"> {
  readonly logprob?: number;
  readonly top: readonly NamedToken[];
}

/** @param offsets where each token begins */
export function completionLogprobs(tokens: readonly ToldToken[], offsets: number[]): CompletionLogprobs {
  return {
    tokens: tokens.map(spelled),
    token_logprobs: tokens.map(({ logprob }) => logprob ?? null),
    top_logprobs: tokens.map((token) => {
      const { logprob, top } = token;
      if (logprob === undefined) return null;
      const named = Object.fromEntries(top.toReversed().map((each) => [spelled(each), each.logprob])); // of equal names the likelier one
      return { ...named, [spelled(token)]: logprob };
    }),
    text_offset: offsets,
  };
}

/** @returns where each token begins when the first one begins at `start`, and where the last one ends */
export function offsetsFrom(start: number, tokens: readonly Pick<NamedToken, "bytes">[]): { offsets: number[]; end: number } {
  let end = start;
  const offsets = tokens.map(({ bytes }) => {
    const at = end;
    end += bytes.filter(startsCharacter).length;
    return at;
  });
  return { offsets, end };
}

function startsCharacter(byte: number): boolean {
  return (byte & 0xc0) !== 0x80;
}

/** Half a character has no text that tells it from another half. */
function spelled({ text, bytes }: Pick<NamedToken, "text" | "bytes">): string {
  if (!text.includes("\ufffd") || new TextEncoder().encode(text).length === bytes.length) return text;
  return `bytes:${bytes.map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}`;
}
