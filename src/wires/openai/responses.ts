// Responses: the events of an answer as OpenAI's items, whole or as they grow.
import type { Answering, AnswerToken, EndReason, Usage } from "../../chat/answer.ts";
import { newId } from "../new-id.ts";
import { answerIn, type WireWords } from "../wire-words.ts";
import { finishReason, now, tokenLogprobs } from "./chat.ts";
import type { ChatTokenLogprob } from "./chat-types.ts";
import type { ResponseMemory } from "./response-memory.ts";
import type { ResponseRequest } from "./response-request.ts";
import type {
  FunctionCallItem,
  OutputItem,
  OutputMessage,
  OutputText,
  ReasoningItem,
  ResponseHappening,
  ResponseObject,
  ResponseStreamEvent,
  ResponseUsage,
} from "./response-types.ts";
import { optionWords } from "./schemas.ts";

const words: WireWords = {
  options: { ...optionWords, maxTokens: "max_output_tokens" },
  formats: { schema: "text.format.schema" },
  parameters: "parameters",
};

/** @param name of the model, as the response tells it */
export async function response(
  answering: Answering,
  memory: ResponseMemory,
  request: ResponseRequest,
  name: string,
  signal?: AbortSignal,
): Promise<ResponseObject> {
  let last: ResponseStreamEvent | undefined;
  for await (const event of responseEvents(answering, memory, request, name, signal)) last = event;
  return (last as Extract<ResponseStreamEvent, { response: ResponseObject }>).response;
}

export async function* responseEvents(
  answering: Answering,
  memory: ResponseMemory,
  { request, input, store, logprobs, asked }: ResponseRequest,
  name: string,
  signal?: AbortSignal,
): AsyncGenerator<ResponseStreamEvent, void> {
  let next = 0;
  const numbered = (happening: ResponseHappening): ResponseStreamEvent => ({ ...happening, sequence_number: next++ });
  const begun = beginning(name, asked);
  const output = createOutput(logprobs);

  for await (const event of answerIn(words, answering, request, signal)) {
    switch (event.type) {
      case "prompt":
        yield numbered({ type: "response.created", response: begun });
        yield numbered({ type: "response.in_progress", response: begun });
        break;
      case "text":
        if (event.text !== "" || event.tokens.length > 0) yield* output.text(event.text, event.tokens).map(numbered);
        break;
      case "reasoning":
        if (event.text !== "") yield* output.reasoning(event.text).map(numbered);
        break;
      case "toolCall":
        yield* output.call(event.id, event.name).map(numbered);
        break;
      case "toolArguments":
        yield* output.callArguments(event.text).map(numbered);
        break;
      case "toolCallEnd":
        yield* output.callEnd().map(numbered);
        break;
      case "end": {
        const complete = isComplete(event.reason);
        yield* output.end(complete).map(numbered);
        const response: ResponseObject = {
          ...begun,
          status: complete ? "completed" : "incomplete",
          completed_at: complete ? now() : null,
          incomplete_details: complete ? null : { reason: "max_output_tokens" },
          output: output.items,
          output_text: textOf(output.items),
          usage: responseUsage(event.usage),
        };
        if (store) memory.keep(response, input);
        yield numbered({ type: complete ? "response.completed" : "response.incomplete", response });
      }
    }
  }
}

/** The event after which nothing comes. @param last the latest one that tells of the whole response */
export function failure(last: ResponseObject, sequence_number: number, message: string): ResponseStreamEvent {
  const response: ResponseObject = { ...last, status: "failed", error: { code: "server_error", message } };
  return { type: "response.failed", sequence_number, response };
}

function beginning(model: string, asked: ResponseRequest["asked"]): ResponseObject {
  return {
    id: newId("resp_"),
    object: "response",
    created_at: now(),
    completed_at: null,
    status: "in_progress",
    error: null,
    incomplete_details: null,
    model,
    output: [],
    output_text: "",
    ...asked,
    truncation: "disabled",
    background: false,
    access_programs: null,
  };
}

function isComplete(reason: EndReason): boolean {
  return finishReason(reason) !== "length";
}

function textOf(items: readonly OutputItem[]): string {
  return items.flatMap((item) => (item.type === "message" ? item.content.map(({ text }) => text) : [])).join("");
}

function responseUsage({ promptTokens, cachedTokens, generatedTokens, reasoningTokens }: Usage): ResponseUsage {
  return {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: cachedTokens, cache_write_tokens: promptTokens - cachedTokens },
    output_tokens: generatedTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: promptTokens + generatedTokens,
  };
}

/** The items of an answer one after the other; each method says what happens. */
interface Output {
  readonly items: OutputItem[];
  text(delta: string, tokens: readonly AnswerToken[]): ResponseHappening[];
  reasoning(delta: string): ResponseHappening[];
  call(callId: string, name: string): ResponseHappening[];
  callArguments(delta: string): ResponseHappening[];
  callEnd(): ResponseHappening[];
  end(complete: boolean): ResponseHappening[];
}

function createOutput(withLogprobs: boolean): Output {
  const items: OutputItem[] = [];
  /** The one that grows: always the last. */
  let open: OutputItem | undefined;

  const place = ({ id }: OutputItem): { item_id: string; output_index: number } => ({ item_id: id, output_index: items.length - 1 });
  const inContent = (item: OutputItem): { item_id: string; output_index: number; content_index: number } => ({
    ...place(item),
    content_index: 0,
  });
  const snapshot = (item: OutputItem): OutputItem => structuredClone(item);

  /** Ends the item that grows. */
  const close = (status: "completed" | "incomplete"): ResponseHappening[] => {
    if (!open) return [];
    const item = open;
    open = undefined;
    item.status = status;
    const done: ResponseHappening = { type: "response.output_item.done", output_index: items.length - 1, item: snapshot(item) };
    switch (item.type) {
      case "message": {
        const [part] = item.content;
        return [
          { type: "response.output_text.done", ...inContent(item), text: part.text, logprobs: part.logprobs ?? [] },
          { type: "response.content_part.done", ...inContent(item), part },
          done,
        ];
      }
      case "reasoning": {
        const [part] = item.content;
        return [
          { type: "response.reasoning_text.done", ...inContent(item), text: part.text },
          { type: "response.content_part.done", ...inContent(item), part },
          done,
        ];
      }
      case "function_call":
        return [{ type: "response.function_call_arguments.done", ...place(item), arguments: item.arguments }, done];
    }
  };

  const begin = (item: OutputItem): ResponseHappening[] => {
    const before = close("completed");
    items.push(item);
    open = item;
    return [...before, { type: "response.output_item.added", output_index: items.length - 1, item: snapshot(item) }];
  };

  const message = (): { item: OutputMessage; part: OutputText; happened: ResponseHappening[] } => {
    if (open?.type === "message") return { item: open, part: open.content[0], happened: [] };
    const item: OutputMessage = { id: newId("msg_"), type: "message", role: "assistant", status: "in_progress", content: [] };
    const happened = begin(item);
    const part: OutputText = { type: "output_text", text: "", annotations: [], ...(withLogprobs ? { logprobs: [] } : {}) };
    happened.push({ type: "response.content_part.added", ...inContent(item), part: structuredClone(part) });
    item.content.push(part);
    return { item, part, happened };
  };

  return {
    items,

    text(delta, tokens) {
      const { item, part, happened } = message();
      const logprobs: ChatTokenLogprob[] = tokens.map(tokenLogprobs);
      part.text += delta;
      part.logprobs?.push(...logprobs);
      return [...happened, { type: "response.output_text.delta", ...inContent(item), delta, logprobs }];
    },

    reasoning(delta) {
      const happened: ResponseHappening[] = [];
      if (open?.type !== "reasoning") {
        const item: ReasoningItem = { id: newId("rs_"), type: "reasoning", status: "in_progress", summary: [], content: [] };
        happened.push(...begin(item));
        happened.push({ type: "response.content_part.added", ...inContent(item), part: { type: "reasoning_text", text: "" } });
        item.content.push({ type: "reasoning_text", text: "" });
      }
      const item = open as ReasoningItem;
      item.content[0].text += delta;
      return [...happened, { type: "response.reasoning_text.delta", ...inContent(item), delta }];
    },

    call: (callId, name) => begin({ id: newId("fc_"), type: "function_call", status: "in_progress", call_id: callId, name, arguments: "" }),

    callArguments(delta) {
      const item = open as FunctionCallItem; // calls come one after the other, each followed by its arguments
      item.arguments += delta;
      return [{ type: "response.function_call_arguments.delta", ...place(item), delta }];
    },

    callEnd: () => close("completed"),

    end(complete) {
      // An answer without a word is an empty message.
      const happened = items.length === 0 ? message().happened : [];
      return [...happened, ...close(complete ? "completed" : "incomplete")];
    },
  };
}
