// A conversation as it came, checked, in the form that templates expect: arguments are objects, contents are there, empty lists are not. A mistake is named with
// the field where it stands, in the words of the wires.
import { UsageError } from "../errors.ts";
import { isJsonObject } from "../formats/strict-json.ts";
import type { ChatPrompt } from "./answer.ts";
import type { ChatMessage, Tool, ToolCall } from "./messages.ts";
import { createJsonScanner, type JsonState } from "./tool-calls/json-scanner.ts";

type Fields = Readonly<Record<string, unknown>>;

/** @throws UsageError for a message that is none, a call that is none, or arguments that are no JSON object */
export function checkMessages(messages: readonly ChatMessage[]): ChatMessage[] {
  if (!Array.isArray(messages) || messages.length === 0) throw wrong("messages", messages, "a list of at least one { role, content }");
  return messages.map((message, i) => checkMessage(message, `messages[${i}]`));
}

function checkMessage(message: unknown, at: string): ChatMessage {
  if (!isJsonObject(message)) throw wrong(at, message, "{ role, content }");
  const { role, content, tool_calls: calls, ...others } = message;
  if (typeof role !== "string" || role === "") throw wrong(`${at}.role`, role, '"system", "user", "assistant" or "tool"');
  for (const name of ["name", "tool_call_id", "reasoning_content"]) {
    const value = others[name];
    if (value !== undefined && value !== null && typeof value !== "string") throw wrong(`${at}.${name}`, value, "a text");
  }
  const checked = { role, content: checkContent(content, `${at}.content`), ...others };
  if (calls === undefined || calls === null) return checked;
  if (!Array.isArray(calls)) throw wrong(`${at}.tool_calls`, calls, "a list of calls");
  if (calls.length === 0) return checked;
  return { ...checked, tool_calls: calls.map((call, i) => checkCall(call, `${at}.tool_calls[${i}]`)) };
}

/** Templates put contents beside texts, so that one which is null would break them. */
function checkContent(content: unknown, at: string): NonNullable<ChatMessage["content"]> {
  if (content === undefined || content === null) return "";
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) throw wrong(at, content, "a text or a list of parts");
  for (const [i, part] of content.entries()) {
    if (!isJsonObject(part) || typeof part.type !== "string") throw wrong(`${at}[${i}]`, part, '{ type: "text", text }');
    if (part.type === "text" && typeof part.text !== "string") throw wrong(`${at}[${i}].text`, part.text, "a text");
  }
  return content;
}

function checkCall(call: unknown, at: string): ToolCall {
  if (!isJsonObject(call)) throw wrong(at, call, "{ id, type, function: { name, arguments } }");
  const { id, function: called } = call;
  if (id !== undefined && id !== null && typeof id !== "string") throw wrong(`${at}.id`, id, "a text");
  if (!isJsonObject(called)) throw wrong(`${at}.function`, called, "{ name, arguments }");
  if (typeof called.name !== "string" || called.name === "") throw wrong(`${at}.function.name`, called.name, "the name of a function");
  const given = argumentsOf(called.arguments, `${at}.function.arguments`);
  return { ...(typeof id === "string" ? { id } : {}), type: "function", function: { name: called.name, arguments: given } };
}

function argumentsOf(given: unknown, at: string): Fields {
  if (given === undefined || given === null || given === "") return {};
  let value = given;
  if (typeof given === "string") {
    try {
      value = JSON.parse(given);
    } catch {
      throw new UsageError(`${at} is not JSON: ${mistakeIn(given)}`);
    }
  }
  if (!isJsonObject(value)) throw wrong(at, value, "an object, or the JSON text of one");
  if (nestsDeeper(value, DEEPEST))
    throw new UsageError(`${at} nests deeper than ${DEEPEST} levels, and templates walk along them: make it flatter`);
  return value;
}

/** Lists and objects of arguments within each other: who writes them down again calls itself for each. */
const DEEPEST = 100;

function nestsDeeper(value: unknown, most: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return most === 0 || Object.values(value).some((each) => nestsDeeper(each, most - 1));
}

/** Where a text stops being the JSON of an object. JSON.parse would quote it. */
function mistakeIn(text: string): string {
  const scanner = createJsonScanner();
  for (let i = 0, done = false; i < text.length; i++) {
    if (done && text[i].trim() !== "") return `it goes on behind its end, with letter ${i + 1}`;
    const state: JsonState = done ? "done" : scanner.push(text[i]);
    if (state === "wrong") return `letter ${i + 1} cannot stand there`;
    done = state === "done";
  }
  return `it breaks off after ${text.length} letters`;
}

/** The functions that may be called. @throws UsageError for one that is none, a name that comes twice, and a choice that cannot be made */
export function checkTools({ tools, toolChoice = "auto" }: ChatPrompt): readonly Tool[] {
  if (tools !== undefined && tools !== null && !Array.isArray(tools)) throw wrong("tools", tools, "a list of functions");
  const checked = (tools ?? []).map((tool: unknown, i) => checkTool(tool, `tools[${i}]`));
  const names = new Set<string>();
  for (const [i, { function: offered }] of checked.entries()) {
    if (names.has(offered.name))
      throw new UsageError(`tools[${i}].function.name is "${offered.name}", as that of an earlier one: give each its own name`);
    names.add(offered.name);
  }
  if (toolChoice === "required" && checked.length === 0) {
    throw new UsageError('toolChoice is "required", and there are no tools: give at least one, or leave the choice out');
  }
  if (typeof toolChoice === "object" && !names.has(toolChoice.name)) {
    throw new UsageError(
      `toolChoice names the function "${toolChoice.name}", which is none of the tools: ${[...names].join(", ") || "there are none"}`,
    );
  }
  return toolChoice === "none" ? [] : checked;
}

function checkTool(tool: unknown, at: string): Tool {
  if (!isJsonObject(tool)) throw wrong(at, tool, '{ type: "function", function: { name, description, parameters } }');
  const { function: offered } = tool;
  if (tool.type !== undefined && tool.type !== "function") throw wrong(`${at}.type`, tool.type, '"function"');
  if (!isJsonObject(offered)) throw wrong(`${at}.function`, offered, "{ name, description, parameters }");
  const { name, description, parameters } = offered;
  if (typeof name !== "string" || name === "") throw wrong(`${at}.function.name`, name, "the name of a function");
  if (description !== undefined && description !== null && typeof description !== "string")
    throw wrong(`${at}.function.description`, description, "a text");
  if (parameters !== undefined && parameters !== null && !isJsonObject(parameters))
    throw wrong(`${at}.function.parameters`, parameters, "a JSON Schema");
  const type = isJsonObject(parameters) ? parameters.type : undefined;
  if (type !== undefined && [type].flat().some((each) => each !== "object")) {
    throw new UsageError(`${at}.function.parameters of "${name}" has another type than "object": expected the schema of an object`);
  }
  return { type: "function", function: { ...offered, name, description: description ?? undefined, parameters: parameters ?? undefined } };
}

function wrong(at: string, given: unknown, expected: string): UsageError {
  return new UsageError(`${at} is ${kindOf(given)}: expected ${expected}`);
}

/** Errors go to logs, and what people and models wrote does not. */
function kindOf(given: unknown): string {
  if (given === undefined) return "missing";
  if (typeof given === "string") return given === "" ? "empty" : "a text";
  if (Array.isArray(given)) return given.length === 0 ? "an empty list" : "a list";
  return typeof given === "object" && given !== null ? "an object" : String(given);
}
