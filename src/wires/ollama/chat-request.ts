// POST /api/chat: from its body to what is asked of the model.
import * as v from "valibot";
import type { AnswerRequest } from "../../chat/answer.ts";
import type { ChatMessage, ToolCall } from "../../chat/messages.ts";
import { parseRequest } from "../request.ts";
import { offeredTools, toolChoiceOf, toolChoiceSchema } from "../tools.ts";
import { keepAliveSeconds } from "./keep-alive.ts";
import { type Asked, answerEntries, answerOptions, askedIn, noImages } from "./schemas.ts";

const toolCall = v.object({
  id: v.optional(v.string()),
  function: v.object({ name: v.string(), arguments: v.record(v.string(), v.unknown()) }),
});

const message = v.object({
  role: v.picklist(["system", "user", "assistant", "tool"]),
  content: v.nullish(v.string()),
  thinking: v.nullish(v.string()),
  images: noImages,
  tool_calls: v.nullish(v.array(toolCall)),
  tool_name: v.nullish(v.string()),
  tool_call_id: v.nullish(v.string()),
});

const tool = v.object({
  function: v.object({
    name: v.pipe(v.string(), v.minLength(1, "expected the name of a function")),
    description: v.nullish(v.string()),
    parameters: v.nullish(v.record(v.string(), v.unknown())),
  }),
});

export const chatSchema = v.object({
  ...answerEntries,
  messages: v.nullish(v.array(message)),
  tools: v.nullish(v.array(tool)),
  /** Ours: Ollama has none. */
  tool_choice: v.nullish(toolChoiceSchema),
});

export interface OllamaChatRequest extends Asked {
  /** Undefined where there are no messages: then the model is only loaded, or let go of. */
  readonly request: AnswerRequest | undefined;
}

/** @throws ParameterError */
export function readOllamaChat(body: unknown): OllamaChatRequest {
  const given = parseRequest(chatSchema, body);
  const asked = askedIn(given, keepAliveSeconds(given.keep_alive));
  if (!given.messages?.length) return { ...asked, request: undefined };
  const tools = (given.tools ?? []).map(({ function: { name, description, parameters } }) => ({
    type: "function" as const,
    function: { name, ...(typeof description === "string" ? { description } : {}), ...(parameters ? { parameters } : {}) },
  }));
  return {
    ...asked,
    request: {
      prompt: {
        messages: messagesOf(given.messages),
        ...offeredTools({ tools, ...toolChoiceOf(given.tool_choice) }),
        ...(asked.think === undefined ? {} : { reasoning: asked.think }),
      },
      options: answerOptions(given),
    },
  };
}

/** Calls get names where they have none, and results the name of the call that they belong to: templates want both. */
function messagesOf(given: readonly v.InferOutput<typeof message>[]): ChatMessage[] {
  const open: { id: string; name: string }[] = [];
  let calls = 0;
  return given.map(({ role, content, thinking, tool_calls, tool_name, tool_call_id }): ChatMessage => {
    if (role === "tool") {
      const { id, name } = resultOf(open, tool_call_id ?? undefined, tool_name ?? undefined);
      return { role, content: content ?? "", ...(name === undefined ? {} : { name }), ...(id === undefined ? {} : { tool_call_id: id }) };
    }
    if (role !== "assistant") return { role, content: content ?? "" };
    const named = (tool_calls ?? []).map((call): ToolCall & { id: string } => ({
      id: call.id ?? `call_${calls++}`,
      type: "function",
      function: call.function,
    }));
    open.push(...named.map((call) => ({ id: call.id, name: call.function.name })));
    return {
      role,
      content: content ?? "",
      ...(thinking ? { reasoning_content: thinking } : {}),
      ...(named.length > 0 ? { tool_calls: named } : {}),
    };
  });
}

/** The call that a result answers, taken from those that are open: by its id, by its name, or the oldest. */
function resultOf(open: { id: string; name: string }[], id: string | undefined, name: string | undefined): { id?: string; name?: string } {
  const at = open.findIndex((call) => (id !== undefined ? call.id === id : name === undefined || call.name === name));
  const [call] = at < 0 ? [] : open.splice(at, 1);
  return { id: id ?? call?.id, name: name ?? call?.name };
}
