// The blocks of Anthropic's messages, and the conversation that they are in the words of chat templates.
import * as v from "valibot";
import type { ChatMessage, ToolCall } from "../../chat/messages.ts";
import { MOST_MESSAGES } from "../limits.ts";
import { listOf, textOr } from "../lists.ts";
import { ParameterError } from "../request.ts";

/** Marks for a cache: prompts are always cached here. */
const unheeded = { cache_control: v.nullish(v.unknown()), citations: v.nullish(v.unknown()) } as const;

const textBlock = v.strictObject({
  type: v.literal("text", 'expected "text": the model reads nothing else'),
  text: v.string(),
  ...unheeded,
});

const texts = textOr(listOf(textBlock, MOST_MESSAGES));

const userBlock = v.variant(
  "type",
  [
    textBlock,
    v.strictObject({
      type: v.literal("tool_result"),
      tool_use_id: v.string(),
      content: v.nullish(texts),
      is_error: v.nullish(v.boolean()),
      ...unheeded,
    }),
  ],
  'expected "text" or "tool_result": the model reads nothing else',
);

const assistantBlock = v.variant(
  "type",
  [
    textBlock,
    v.strictObject({ type: v.literal("thinking"), thinking: v.string(), signature: v.nullish(v.string()) }),
    v.strictObject({ type: v.literal("redacted_thinking"), data: v.nullish(v.string()) }),
    v.strictObject({
      type: v.literal("tool_use"),
      id: v.string(),
      name: v.string(),
      input: v.record(v.string(), v.unknown()),
      caller: v.optional(v.unknown()),
      ...unheeded,
    }),
  ],
  'expected "text", "thinking" or "tool_use": the model writes nothing else',
);

export const systemSchema = v.nullish(texts);

export const messageSchema = v.variant("role", [
  v.strictObject({ role: v.literal("user"), content: textOr(listOf(userBlock, MOST_MESSAGES)) }),
  v.strictObject({ role: v.literal("assistant"), content: textOr(listOf(assistantBlock, MOST_MESSAGES)) }),
  v.strictObject({ role: v.literal("system"), content: texts }),
]);

type Message = v.InferOutput<typeof messageSchema>;
type Texts = v.InferOutput<typeof texts>;
type Block = v.InferOutput<typeof userBlock> | v.InferOutput<typeof assistantBlock>;

/** Turns of the same speaker that follow each other are one turn. @throws ParameterError for the result of a call that nobody made */
export function conversationOf(system: Texts | null | undefined, messages: readonly Message[]): ChatMessage[] {
  const turns: { role: Message["role"]; blocks: Block[] }[] = [];
  for (const { role, content } of messages) {
    const blocks: readonly Block[] = typeof content === "string" ? [{ type: "text", text: content }] : content;
    const last = turns.at(-1);
    if (last?.role === role) for (const block of blocks) last.blocks.push(block);
    else turns.push({ role, blocks: [...blocks] });
  }
  const toolNames = new Map<string, string>();
  const conversation = turns.flatMap(({ role, blocks }) => {
    if (role === "user") return userTurn(blocks, toolNames);
    return role === "assistant" ? assistantTurn(blocks, toolNames) : { role, content: textOf(blocks) };
  });
  return system?.length ? [{ role: "system", content: textOf(system) }, ...conversation] : conversation;
}

/** Blocks are paragraphs. */
function textOf(texts: string | readonly Block[]): string {
  return typeof texts === "string" ? texts : texts.flatMap((block) => (block.type === "text" ? block.text : [])).join("\n\n");
}

/** Results of tools are messages of their own. */
function userTurn(blocks: readonly Block[], toolNames: ReadonlyMap<string, string>): ChatMessage[] {
  const messages: ChatMessage[] = [];
  let said: string[] = [];
  const close = (): void => {
    if (said.length > 0) messages.push({ role: "user", content: said.join("\n\n") });
    said = [];
  };
  for (const block of blocks) {
    if (block.type === "text") said.push(block.text);
    if (block.type !== "tool_result") continue;
    close();
    const name = toolNames.get(block.tool_use_id);
    if (name === undefined) {
      throw new ParameterError(
        `messages has a tool_result for ${JSON.stringify(block.tool_use_id)}: expected the id of a tool_use before it`,
        "messages",
      );
    }
    messages.push({
      role: "tool",
      tool_call_id: block.tool_use_id,
      name,
      content: `${block.is_error ? "Error: " : ""}${textOf(block.content ?? "")}`,
    });
  }
  close();
  return messages;
}

function assistantTurn(blocks: readonly Block[], toolNames: Map<string, string>): ChatMessage {
  let text = "";
  let thoughts = "";
  const calls: ToolCall[] = [];
  for (const block of blocks) {
    if (block.type === "text") text += block.text;
    if (block.type === "thinking") thoughts += block.thinking;
    if (block.type !== "tool_use") continue;
    toolNames.set(block.id, block.name);
    calls.push({ id: block.id, type: "function", function: { name: block.name, arguments: block.input } });
  }
  return {
    role: "assistant",
    content: text === "" && calls.length > 0 ? null : text,
    ...(thoughts === "" ? {} : { reasoning_content: thoughts }),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
}
