// What a response answers: items in, and the conversation that they are.
import * as v from "valibot";
import type { ChatMessage, ToolCall } from "../../chat/messages.ts";
import { MOST_MESSAGES } from "../limits.ts";
import { listOf, textOr } from "../lists.ts";
import { newId } from "../new-id.ts";
import { ParameterError } from "../request.ts";
import type { InputItem, InputMessage, OutputMessage } from "./response-types.ts";
import { callArguments, maybe } from "./schemas.ts";

const onlyText = (kind: string) => `expected ${kind}: the model reads nothing else`;
const inputText = v.object({ type: v.literal("input_text", onlyText('"input_text"')), text: v.string() });
const spoken = v.object({ type: v.picklist(["input_text", "output_text"], onlyText('"input_text" or "output_text"')), text: v.string() });
const id = maybe(v.string());

const call = { type: v.literal("function_call"), id, call_id: v.string(), name: v.string() } as const;

const message = v.variant("role", [
  v.object({
    type: v.optional(v.literal("message")),
    id,
    role: v.picklist(["user", "system", "developer"]),
    content: textOr(listOf(inputText, MOST_MESSAGES)),
  }),
  v.object({ type: v.optional(v.literal("message")), id, role: v.literal("assistant"), content: textOr(listOf(spoken, MOST_MESSAGES)) }),
]);

const item = v.variant(
  "type",
  [
    // Clients that keep responses themselves send them back as they came, calls that were cut off among them.
    v.variant("status", [
      v.object({ ...call, status: v.picklist(["in_progress", "incomplete"]), arguments: v.string("expected a text") }),
      v.object({ ...call, status: maybe(v.literal("completed")), arguments: callArguments }),
    ]),
    v.object({ type: v.literal("function_call_output"), id, call_id: v.string(), output: textOr(listOf(inputText, MOST_MESSAGES)) }),
    v.object({
      type: v.literal("reasoning"),
      id,
      content: maybe(listOf(v.object({ type: v.literal("reasoning_text"), text: v.string() }), MOST_MESSAGES)),
    }),
    v.object({ type: v.literal("item_reference"), id: v.string() }),
    ...message.options,
  ],
  'expected "message", "function_call", "function_call_output", "reasoning" or "item_reference"',
);

export const inputSchema = textOr(listOf(v.union([item, message]), MOST_MESSAGES, 1));

type GivenItem = Exclude<v.InferOutput<typeof inputSchema>, string>[number];

/** @param known items of earlier responses, for references to them @throws ParameterError for a reference to what is not known */
export function itemsOf(input: v.InferOutput<typeof inputSchema>, known: (id: string) => InputItem | undefined): InputItem[] {
  if (typeof input === "string") return [inputMessage(undefined, "user", input)];
  return input.map((given, i) => itemOf(given, i, known));
}

function itemOf(given: GivenItem, index: number, known: (id: string) => InputItem | undefined): InputItem {
  switch (given.type) {
    case "function_call":
      return { ...given, id: given.id ?? newId("fc_"), status: given.status ?? "completed" };
    case "function_call_output":
      return { ...given, id: given.id ?? newId("fco_"), status: "completed", output: plain(given.output) };
    case "reasoning":
      return { type: "reasoning", id: given.id ?? newId("rs_"), status: "completed", summary: [], content: given.content ?? [] };
    case "item_reference": {
      const found = known(given.id);
      if (found) return found;
      throw new ParameterError(
        `input[${index}] refers to ${JSON.stringify(given.id)}, which is not kept (any more): send the item`,
        `input[${index}]`,
      );
    }
    default:
      return given.role === "assistant"
        ? outputMessage(given.id, plain(given.content))
        : inputMessage(given.id, given.role, plain(given.content));
  }
}

function plain(content: string | readonly { text: string }[]): string {
  return typeof content === "string" ? content : content.map(({ text }) => text).join("");
}

function inputMessage(id: string | undefined | null, role: InputMessage["role"], text: string): InputMessage {
  return { id: id ?? newId("msg_"), type: "message", role, status: "completed", content: [{ type: "input_text", text }] };
}

function outputMessage(id: string | undefined | null, text: string): OutputMessage {
  const content: OutputMessage["content"] = [{ type: "output_text", text, annotations: [] }];
  return { id: id ?? newId("msg_"), type: "message", role: "assistant", status: "completed", content };
}

/** @throws ParameterError for the result of a call that nobody made */
export function checkResults(items: readonly InputItem[]): void {
  const calls = new Set<string>();
  for (const each of items) {
    if (each.type === "function_call") calls.add(each.call_id);
    if (each.type !== "function_call_output" || calls.has(each.call_id)) continue;
    throw new ParameterError(
      `input has an output for ${JSON.stringify(each.call_id)}: expected the call_id of a function_call before it`,
      "input",
    );
  }
}

/** What the model said in several items (thoughts, text, calls) is one message of the conversation. */
export function messagesOf(items: readonly InputItem[], instructions: string | undefined): ChatMessage[] {
  const messages: ChatMessage[] = instructions === undefined ? [] : [{ role: "system", content: instructions }];
  let said: { content?: string; reasoning_content?: string; tool_calls: ToolCall[] } | undefined;
  const flush = (): void => {
    if (said) {
      const { content, reasoning_content, tool_calls } = said;
      messages.push({
        role: "assistant",
        content: content ?? (tool_calls.length > 0 ? null : ""),
        ...(reasoning_content ? { reasoning_content } : {}),
        ...(tool_calls.length > 0 ? { tool_calls } : {}),
      });
    }
    said = undefined;
  };
  /** Calls that nobody made: what a client says that they gave goes with them. */
  const cutOff = new Set<string>();
  const calls = items.filter((each) => each.type === "function_call");
  for (const each of calls) if (each.status !== "completed") cutOff.add(each.call_id);
  for (const each of calls) if (each.status === "completed") cutOff.delete(each.call_id);
  for (const each of items) {
    if (each.type === "message" && each.role !== "assistant") {
      flush();
      messages.push({ role: each.role === "developer" ? "system" : each.role, content: plain(each.content) });
      continue;
    }
    switch (each.type) {
      case "function_call_output":
        if (cutOff.has(each.call_id)) break;
        flush();
        messages.push({ role: "tool", tool_call_id: each.call_id, content: each.output });
        break;
      case "reasoning":
        if (said) flush();
        said = { reasoning_content: plain(each.content), tool_calls: [] };
        break;
      case "message":
        if (said && (said.content !== undefined || said.tool_calls.length > 0)) flush();
        said = { tool_calls: [], ...said, content: plain(each.content) };
        break;
      case "function_call":
        if (each.status !== "completed") break; // cut off, and so none
        said ??= { tool_calls: [] };
        said.tool_calls.push({ id: each.call_id, type: "function", function: { name: each.name, arguments: each.arguments } });
        break;
    }
  }
  flush();
  return messages;
}
