// What /v1/responses answers: the shapes of OpenAI's own package, as far as a text model fills them.
import type { ChatTokenLogprob } from "./chat-types.ts";

type ItemStatus = "in_progress" | "completed" | "incomplete";

export interface InputText {
  type: "input_text";
  text: string;
}

/** What somebody else said. */
export interface InputMessage {
  id: string;
  type: "message";
  role: "user" | "system" | "developer";
  status: "completed";
  content: InputText[];
}

export interface OutputText {
  type: "output_text";
  text: string;
  annotations: never[];
  /** With include: ["message.output_text.logprobs"]. */
  logprobs?: ChatTokenLogprob[];
}

/** What the model said. */
export interface OutputMessage {
  id: string;
  type: "message";
  role: "assistant";
  status: ItemStatus;
  content: OutputText[];
}

export interface ReasoningText {
  type: "reasoning_text";
  text: string;
}

/** What the model thought. Nobody sums it up here. */
export interface ReasoningItem {
  id: string;
  type: "reasoning";
  status: ItemStatus;
  summary: never[];
  content: ReasoningText[];
}

export interface FunctionCallItem {
  id: string;
  type: "function_call";
  status: ItemStatus;
  call_id: string;
  name: string;
  /** JSON text. */
  arguments: string;
}

export interface FunctionCallOutputItem {
  id: string;
  type: "function_call_output";
  status: "completed";
  call_id: string;
  output: string;
}

export type OutputItem = OutputMessage | ReasoningItem | FunctionCallItem;
export type InputItem = InputMessage | FunctionCallOutputItem | OutputItem;

export interface FunctionTool {
  type: "function";
  name: string;
  description?: string;
  parameters: Record<string, unknown> | null;
  strict: boolean | null;
}

export type TextFormat =
  | { type: "text" }
  | { type: "json_object" }
  | { type: "json_schema"; name: string; schema: Record<string, unknown>; description?: string; strict?: boolean | null };

export interface ResponseUsage {
  input_tokens: number;
  input_tokens_details: { cached_tokens: number; cache_write_tokens: number };
  output_tokens: number;
  output_tokens_details: { reasoning_tokens: number };
  total_tokens: number;
}

export interface ResponseObject {
  id: string;
  object: "response";
  /** Seconds since 1970. */
  created_at: number;
  completed_at: number | null;
  status: "in_progress" | "completed" | "incomplete" | "failed";
  error: { code: "server_error"; message: string } | null;
  incomplete_details: { reason: "max_output_tokens" } | null;
  model: string;
  output: OutputItem[];
  /** The texts of all messages in it. */
  output_text: string;
  usage?: ResponseUsage;
  // what was asked for
  instructions: string | null;
  max_output_tokens: number | null;
  metadata: Record<string, string> | null;
  parallel_tool_calls: boolean;
  previous_response_id: string | null;
  reasoning: { effort: ReasoningEffort | null } | null;
  store: boolean;
  temperature: number | null;
  text: { format: TextFormat };
  tool_choice:
    | "none"
    | "auto"
    | "required"
    | { type: "function"; name: string }
    | { type: "allowed_tools"; mode: "auto" | "required"; tools: { type: "function"; name: string }[] };
  tools: FunctionTool[];
  top_logprobs: number | null;
  top_p: number | null;
  truncation: "disabled";
  background: false;
  access_programs: null;
}

export type ReasoningEffort = "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";

/** Where in the answer something happens. */
interface InItem {
  item_id: string;
  output_index: number;
}

type InContent = InItem & { content_index: number };

/** What happens, without its place in the row of events. */
export type ResponseHappening =
  | {
      type: "response.created" | "response.in_progress" | "response.completed" | "response.incomplete" | "response.failed";
      response: ResponseObject;
    }
  | { type: "response.output_item.added" | "response.output_item.done"; output_index: number; item: OutputItem }
  | ({ type: "response.content_part.added" | "response.content_part.done"; part: OutputText | ReasoningText } & InContent)
  | ({ type: "response.output_text.delta"; delta: string; logprobs: ChatTokenLogprob[] } & InContent)
  | ({ type: "response.output_text.done"; text: string; logprobs: ChatTokenLogprob[] } & InContent)
  | ({ type: "response.reasoning_text.delta"; delta: string } & InContent)
  | ({ type: "response.reasoning_text.done"; text: string } & InContent)
  | ({ type: "response.function_call_arguments.delta"; delta: string } & InItem)
  | ({ type: "response.function_call_arguments.done"; arguments: string } & InItem);

/** Numbered from 0. */
export type ResponseStreamEvent = ResponseHappening & { sequence_number: number };
