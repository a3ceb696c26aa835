// What /v1/messages answers: the shapes of Anthropic's own package, as far as a text model fills them.

export interface TextBlock {
  type: "text";
  text: string;
  citations: null;
}

export interface ThinkingBlock {
  type: "thinking";
  thinking: string;
  /** Clients send it back; nobody looks at it here. */
  signature: string;
}

export interface ToolUseBlock {
  type: "tool_use";
  id: string;
  name: string;
  input: unknown;
  caller: { type: "direct" };
}

export type ContentBlock = TextBlock | ThinkingBlock | ToolUseBlock;

export type StopReason = "end_turn" | "max_tokens" | "stop_sequence" | "tool_use" | "model_context_window_exceeded";

/** In tokens. Those that were read from the cache are not among input_tokens. */
export interface DeltaUsage {
  input_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
  output_tokens: number;
  output_tokens_details: { thinking_tokens: number } | null;
  server_tool_use: null;
}

export interface MessageUsage extends DeltaUsage {
  cache_creation: null;
  inference_geo: null;
  service_tier: "standard";
  speed: null;
}

interface Stop {
  container: null;
  stop_details: null;
  stop_reason: StopReason | null;
  stop_sequence: string | null;
}

export interface AnthropicMessage extends Stop {
  id: string;
  type: "message";
  role: "assistant";
  model: string;
  content: ContentBlock[];
  diagnostics: null;
  usage: MessageUsage;
}

export type ContentDelta =
  | { type: "text_delta"; text: string }
  | { type: "thinking_delta"; thinking: string }
  | { type: "signature_delta"; signature: string }
  | { type: "input_json_delta"; partial_json: string };

export type MessageEvent =
  | { type: "message_start"; message: AnthropicMessage }
  | { type: "content_block_start"; index: number; content_block: ContentBlock }
  | { type: "content_block_delta"; index: number; delta: ContentDelta }
  | { type: "content_block_stop"; index: number }
  | { type: "message_delta"; delta: Stop; usage: DeltaUsage }
  | { type: "message_stop" };

export interface AnthropicModel {
  type: "model";
  id: string;
  display_name: string;
  created_at: string;
  lifecycle: "active";
  capabilities: null;
  deprecated_at: null;
  retires_at: null;
  line: null;
  max_input_tokens: number | null;
  max_tokens: number | null;
}
