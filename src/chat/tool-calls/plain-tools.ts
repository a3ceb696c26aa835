// Tools for models whose template does not know them, or has them written in a way that cria does not read: messages say what there is, and hold calls and
// results, in Hermes' form.
import type { ChatMessage, Tool } from "../messages.ts";

/** What the model is told of the functions that it may call. */
export function describeTools(tools: readonly Tool[]): string {
  return `You may call functions. Each line here describes one, with the JSON Schema of its arguments:
<tools>
${tools.map((tool) => JSON.stringify(tool.function)).join("\n")}
</tools>

To call a function, write its name and its arguments as JSON between these marks:
<tool_call>
{"name": "the name", "arguments": {"argument": "value"}}
</tool_call>`;
}

/** Messages without calls and results: texts tell them. */
export function withPlainCalls(messages: readonly ChatMessage[]): ChatMessage[] {
  const plain: ChatMessage[] = [];
  let results: ChatMessage | undefined;
  for (const { tool_calls: calls, ...message } of messages) {
    if (message.role === "tool") {
      const result = `<tool_response>\n${textOf(message)}\n</tool_response>`;
      const content = results ? `${results.content}\n${result}` : result;
      if (results) plain.pop();
      results = { role: "user", content };
      plain.push(results);
      continue;
    }
    // Users and assistants take turns: some templates refuse anything else.
    if (results && message.role === "user" && typeof message.content === "string") {
      plain.pop();
      plain.push({ ...message, content: joined(textOf(results), message.content) });
      results = undefined;
      continue;
    }
    results = undefined;
    if (!calls) {
      plain.push(message);
      continue;
    }
    const written = calls.map(({ function: { name, arguments: given } }) => {
      return `<tool_call>\n${JSON.stringify({ name, arguments: given })}\n</tool_call>`;
    });
    plain.push({ ...message, content: [textOf(message), ...written].filter((text) => text !== "").join("\n") });
  }
  return plain;
}

/** The description of the tools behind the system message, or as one. */
export function withSystemText(messages: readonly ChatMessage[], text: string): ChatMessage[] {
  const [first, ...rest] = messages;
  if (first?.role !== "system") return [{ role: "system", content: text }, ...messages];
  return [{ ...first, content: joined(textOf(first), text) }, ...rest];
}

/** For templates that have no place for a system message: the same before the user's first message, or the last one. */
export function withUserText(messages: readonly ChatMessage[], text: string, which: "first" | "last"): ChatMessage[] {
  const roles = messages.map(({ role }) => role);
  const at = which === "first" ? roles.indexOf("user") : roles.lastIndexOf("user");
  if (at < 0) return [{ role: "user", content: text }, ...messages];
  return messages.with(at, { ...messages[at], content: joined(text, textOf(messages[at])) });
}

function joined(...texts: string[]): string {
  return texts.filter((text) => text !== "").join("\n\n");
}

function textOf({ content }: ChatMessage): string {
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => part.text ?? "").join("");
}
