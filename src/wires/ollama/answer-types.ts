// What /api/chat and /api/generate answer: the shapes of Ollama's own package, as far as a text model fills them.

export interface OllamaTokenLogprob {
  token: string;
  /** Natural logarithm. */
  logprob: number;
  bytes: number[];
}

export interface OllamaLogprob extends OllamaTokenLogprob {
  top_logprobs?: OllamaTokenLogprob[];
}

export interface OllamaToolCall {
  id: string;
  function: { index: number; name: string; arguments: Record<string, unknown> };
}

export interface OllamaMessage {
  role: "assistant";
  content: string;
  thinking?: string;
  tool_calls?: OllamaToolCall[];
}

/** In tokens and nanoseconds. */
export interface OllamaStats {
  total_duration: number;
  load_duration: number;
  prompt_eval_count: number;
  prompt_eval_duration: number;
  eval_count: number;
  eval_duration: number;
}

export type DoneReason = "stop" | "length" | "load" | "unload";

interface Head {
  model: string;
  /** ISO 8601. */
  created_at: string;
}

/** The last one has a reason and the figures. */
type Ending = { done: false } | ({ done: true; done_reason: DoneReason } & Partial<OllamaStats>);

export type OllamaChatResponse = Head & { message: OllamaMessage; logprobs?: OllamaLogprob[] } & Ending;

export type OllamaGenerateResponse = Head & {
  response: string;
  thinking?: string;
  logprobs?: OllamaLogprob[];
  /** Ids of the prompt and of the answer, for the next request. */
  context?: number[];
} & Ending;
