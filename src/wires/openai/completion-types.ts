// What /v1/completions answers: the shapes of OpenAI's own package.
import type { CompletionUsage, FinishReason } from "./chat-types.ts";

/** The older shape of log-probabilities: lists with one entry a token. */
export interface CompletionLogprobs {
  /** Their texts; of a part of a character its bytes, as `bytes:\xe2\x82`. */
  tokens: string[];
  /** Natural logarithms; null for the first token of a prompt. */
  token_logprobs: (number | null)[];
  /** The likeliest in each place, and the token itself, by their texts. */
  top_logprobs: (Record<string, number> | null)[];
  /** Where each begins in the text of its choice, in characters (code points). */
  text_offset: number[];
}

export interface CompletionChoice {
  index: number;
  text: string;
  logprobs: CompletionLogprobs | null;
  finish_reason: Exclude<FinishReason, "tool_calls">;
}

export interface Completion {
  id: string;
  object: "text_completion";
  created: number;
  model: string;
  choices: CompletionChoice[];
  usage: CompletionUsage;
}

export interface CompletionChunk extends Omit<Completion, "choices" | "usage"> {
  choices: (Omit<CompletionChoice, "finish_reason"> & { finish_reason: CompletionChoice["finish_reason"] | null })[];
  /** With stream_options.include_usage: null in all chunks but the last, which has no choices. */
  usage?: CompletionUsage | null;
}
