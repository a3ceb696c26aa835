// A text that cannot fit into a context is refused before it is cut into tokens, which would take seconds for megabytes.
import type { GuardedTokenizer, Tokenizer } from "../tokenizer/tokenizer.ts";
import { ContextLengthError } from "./generate.ts";

/** How many letters may become one by the normalisation that some tokenizers begin with: a Hangul syllable is made of three, and to be sure. */
const COMPOSED = 4;

/** The same tokenizer, for prompts: encode() throws a ContextLengthError for a text that has more than `contextLength` of the longest tokens. */
export function withinContext(tokenizer: Tokenizer, contextLength: number): Tokenizer {
  let longest = 0; // bytes; found when it is first needed
  const check = (text: string): void => {
    if (text.length <= contextLength) return;
    if (longest === 0) for (let id = 0; id < tokenizer.vocabSize; id++) longest = Math.max(longest, tokenizer.bytes(id)?.length ?? 0);
    if (text.length <= contextLength * longest * COMPOSED) return;
    throw new ContextLengthError(
      `prompt has ${text.length} characters, which are more than ${contextLength} tokens, which the context holds: shorten it or raise contextLength (--ctx)`,
    );
  };
  return {
    ...tokenizer,
    encode(text, options) {
      check(text);
      return tokenizer.encode(text, options);
    },
    ...("encodeGuarded" in tokenizer
      ? {
          encodeGuarded(text: string, guard: string) {
            check(text);
            return (tokenizer as GuardedTokenizer).encodeGuarded(text, guard);
          },
        }
      : {}),
  };
}
