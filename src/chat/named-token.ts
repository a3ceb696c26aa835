// Tokens as wires tell them: by text and bytes.
import type { TokenLogprob } from "../generate/logprobs.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { NamedToken } from "./answer.ts";

/** Without a tokenizer a token has no text. */
export function namedToken(tokenizer: Tokenizer | undefined, { id, logprob }: TokenLogprob): NamedToken {
  const bytes = tokenizer?.bytes(id) ?? new Uint8Array(0);
  return { id, text: new TextDecoder().decode(bytes), bytes: [...bytes], logprob };
}
