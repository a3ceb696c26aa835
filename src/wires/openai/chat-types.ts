// What /v1/chat/completions answers: the shapes of OpenAI's own package, as far as a text model fills them.

export interface TokenLogprob {
  token: string;
  bytes: number[];
  /** Natural logarithm. */
  logprob: number;
}

export interface ChatTokenLogprob extends TokenLogprob {
  top_logprobs: TokenLogprob[];
}

export interface ChatLogprobs {
  content: ChatTokenLogprob[] | null;
  refusal: null;
}

export type FinishReason = "stop" | "length" | "tool_calls";

export interface FunctionCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}

/** In tokens. */
export interface CompletionUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number };
  completion_tokens_details: { reasoning_tokens: number };
}

export interface ChatCompletion {
  id: string;
  object: "chat.completion";
  created: number;
  model: string;
  choices: {
    index: number;
    message: {
      role: "assistant";
      content: string | null;
      refusal: null;
      /** The thoughts before the answer, of a model that thinks. */
      reasoning_content?: string;
      tool_calls?: FunctionCall[];
    };
    logprobs: ChatLogprobs | null;
    finish_reason: FinishReason;
  }[];
  usage: CompletionUsage;
}

export interface ChatDelta {
  role?: "assistant";
  content?: string | null;
  reasoning_content?: string;
  tool_calls?: { index: number; id?: string; type?: "function"; function: { name?: string; arguments?: string } }[];
}

export interface ChatCompletionChunk {
  id: string;
  object: "chat.completion.chunk";
  created: number;
  model: string;
  choices: { index: number; delta: ChatDelta; logprobs?: ChatLogprobs | null; finish_reason: FinishReason | null }[];
  /** With stream_options.include_usage: null in all chunks but the last, which has no choices. */
  usage?: CompletionUsage | null;
}
