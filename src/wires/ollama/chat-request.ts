// POST /api/chat: from its body to what is asked of the model.
import * as v from "valibot";
import type { AnswerRequest } from "../../chat/answer.ts";
import type { ChatMessage, ToolCall } from "../../chat/messages.ts";
import { MOST_MESSAGES, MOST_TOOLS } from "../limits.ts";
import { listOf } from "../lists.ts";
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
  tool_calls: v.nullish(listOf(toolCall, MOST_MESSAGES)),
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
  messages: v.nullish(listOf(message, MOST_MESSAGES)),
  tools: v.nullish(listOf(tool, MOST_TOOLS)),
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
  const open = createOpenCalls();
  let calls = 0;
  return given.map(({ role, content, thinking, tool_calls, tool_name, tool_call_id }): ChatMessage => {
    if (role === "tool") {
      const { id, name } = open.answer(tool_call_id ?? undefined, tool_name ?? undefined);
      return { role, content: content ?? "", ...(name === undefined ? {} : { name }), ...(id === undefined ? {} : { tool_call_id: id }) };
    }
    if (role !== "assistant") return { role, content: content ?? "" };
    const named = (tool_calls ?? []).map((call): ToolCall & { id: string } => ({
      id: call.id ?? `call_${calls++}`,
      type: "function",
      function: call.function,
    }));
    for (const { id, function: called } of named) open.add(id, called.name);
    return {
      role,
      content: content ?? "",
      ...(thinking ? { reasoning_content: thinking } : {}),
      ...(named.length > 0 ? { tool_calls: named } : {}),
    };
  });
}

interface OpenCall {
  readonly id: string;
  readonly name: string;
  answered: boolean;
}

/** Calls that wait for their results, found without a walk along all of them. */
function createOpenCalls() {
  const all: OpenCall[] = [];
  const byId = new Map<string, OpenCall[]>();
  const byName = new Map<string, OpenCall[]>();
  /** Where the open ones of each list begin. */
  const starts = new Map<OpenCall[], number>();

  const oldestOf = (calls: OpenCall[] = []): OpenCall | undefined => {
    let at = starts.get(calls) ?? 0;
    while (calls[at]?.answered) at++;
    starts.set(calls, at);
    return calls[at];
  };
  const listIn = (lists: Map<string, OpenCall[]>, key: string): OpenCall[] => {
    const list = lists.get(key) ?? [];
    lists.set(key, list);
    return list;
  };

  return {
    add(id: string, name: string): void {
      const call = { id, name, answered: false };
      for (const list of [all, listIn(byId, id), listIn(byName, name)]) list.push(call);
    },
    /** The call that a result answers: by its id, by its name, or the oldest. */
    answer(id: string | undefined, name: string | undefined): { id?: string; name?: string } {
      const call = oldestOf(id !== undefined ? byId.get(id) : name === undefined ? all : byName.get(name));
      if (call) call.answered = true;
      return { id: id ?? call?.id, name: name ?? call?.name };
    },
  };
}
