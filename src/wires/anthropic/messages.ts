// Messages: the events of an answer as Anthropic's events, and a whole message put together of them.
import type { AnswerEvent, Answering, EndReason, Usage } from "../../chat/answer.ts";
import { newId } from "../new-id.ts";
import { answerIn, usualNames, type WireWords } from "../wire-words.ts";
import type { AnthropicMessage, ContentBlock, ContentDelta, DeltaUsage, MessageEvent, StopReason } from "./message-types.ts";
import type { MessagesRequest } from "./messages-request.ts";

/** Clients want something here to send back. */
const SIGNATURE = "unsigned";

const words: WireWords = {
  options: { ...usualNames, maxTokens: "max_tokens", stop: "stop_sequences" },
  formats: { schema: "output_config.format.schema" },
  parameters: "input_schema",
};

type Asked = Pick<MessagesRequest, "request" | "hideThoughts">;

/** @param model its name, as the answer tells it */
export async function* messageEvents(
  answering: Answering,
  asked: Asked,
  model: string,
  signal?: AbortSignal,
): AsyncGenerator<MessageEvent, void> {
  for await (const event of tellMessage(answering, asked, model, signal)) if (event.type !== "cut_off") yield event;
}

/** Beside Anthropic's events one that nobody is sent: the call that ends now is not whole. */
async function* tellMessage(
  answering: Answering,
  { request, hideThoughts }: Asked,
  model: string,
  signal?: AbortSignal,
): AsyncGenerator<MessageEvent | { type: "cut_off" }, void> {
  let index = -1;
  let open: ContentBlock["type"] | undefined;
  const delta = (what: ContentDelta): MessageEvent => ({ type: "content_block_delta", index, delta: what });
  const close = function* (): Generator<MessageEvent, void> {
    if (open === "thinking") yield delta({ type: "signature_delta", signature: SIGNATURE });
    if (open) yield { type: "content_block_stop", index };
    open = undefined;
  };
  const begin = function* (block: ContentBlock): Generator<MessageEvent, void> {
    yield* close();
    open = block.type;
    yield { type: "content_block_start", index: ++index, content_block: block };
  };

  for await (const event of answerIn(words, answering, request, signal)) {
    switch (event.type) {
      case "prompt":
        yield { type: "message_start", message: emptyMessage(model, event) };
        break;
      case "text":
        if (event.text === "") break;
        if (open !== "text") yield* begin({ type: "text", text: "", citations: null });
        yield delta({ type: "text_delta", text: event.text });
        break;
      case "reasoning":
        if (event.text === "") break;
        if (open !== "thinking") yield* begin({ type: "thinking", thinking: "", signature: "" });
        if (!hideThoughts) yield delta({ type: "thinking_delta", thinking: event.text });
        break;
      case "toolCall":
        yield* begin({
          type: "tool_use",
          id: event.id.replace(/^call_/, "toolu_"),
          name: event.name,
          input: {},
          caller: { type: "direct" },
        });
        break;
      case "toolArguments":
        if (event.text !== "") yield delta({ type: "input_json_delta", partial_json: event.text });
        break;
      case "toolCallEnd":
        yield* close();
        break;
      case "end": {
        if (open === "tool_use") yield { type: "cut_off" };
        yield* close();
        const { reason, stop = null, usage } = event;
        yield {
          type: "message_delta",
          delta: { container: null, stop_details: null, stop_reason: stopReason(reason), stop_sequence: stop },
          usage: usageOf(usage),
        };
        yield { type: "message_stop" };
      }
    }
  }
}

export async function message(answering: Answering, asked: Asked, model: string, signal?: AbortSignal): Promise<AnthropicMessage> {
  let whole: AnthropicMessage | undefined;
  let block: ContentBlock | undefined;
  let json = "";
  for await (const event of tellMessage(answering, asked, model, signal)) {
    switch (event.type) {
      case "message_start":
        whole = event.message;
        break;
      case "content_block_start":
        block = event.content_block;
        json = "";
        break;
      case "content_block_delta":
        if (event.delta.type === "input_json_delta") json += event.delta.partial_json;
        else Object.assign(block!, joined(block!, event.delta));
        break;
      case "content_block_stop":
        if (block) whole!.content.push(block.type === "tool_use" ? { ...block, input: JSON.parse(json) } : block);
        break;
      case "cut_off":
        block = undefined; // half of its input is none
        break;
      case "message_delta":
        Object.assign(whole!, event.delta);
        Object.assign(whole!.usage, event.usage);
    }
  }
  return whole!; // an answer begins with its prompt, or throws
}

function joined(block: ContentBlock, delta: Exclude<ContentDelta, { type: "input_json_delta" }>): Partial<ContentBlock> {
  if (delta.type === "text_delta") return { text: (block as { text: string }).text + delta.text };
  if (delta.type === "thinking_delta") return { thinking: (block as { thinking: string }).thinking + delta.thinking };
  return { signature: delta.signature };
}

function emptyMessage(model: string, { promptTokens, cachedTokens }: Extract<AnswerEvent, { type: "prompt" }>): AnthropicMessage {
  const usage = usageOf({ promptTokens, cachedTokens, generatedTokens: 0, reasoningTokens: 0 });
  return {
    id: newId("msg_"),
    type: "message",
    role: "assistant",
    model,
    content: [],
    container: null,
    diagnostics: null,
    stop_details: null,
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usage, cache_creation: null, inference_geo: null, service_tier: "standard", speed: null },
  };
}

function stopReason(reason: EndReason): StopReason {
  switch (reason) {
    case "end":
      return "end_turn";
    case "stop":
      return "stop_sequence";
    case "length":
      return "max_tokens";
    case "context":
      return "model_context_window_exceeded";
    case "toolCalls":
      return "tool_use";
  }
}

function usageOf({ promptTokens, cachedTokens, generatedTokens, reasoningTokens }: Usage): DeltaUsage {
  return {
    input_tokens: promptTokens - cachedTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedTokens,
    output_tokens: generatedTokens,
    output_tokens_details: { thinking_tokens: reasoningTokens },
    server_tool_use: null,
  };
}
