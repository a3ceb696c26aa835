// The tools of a prompt, and which of them shall be called: what all wires say about it, each in its own words.
import * as v from "valibot";
import type { ChatPrompt, ToolChoice } from "../chat/answer.ts";
import type { Tool } from "../chat/messages.ts";
import { ParameterError } from "./request.ts";

const named = v.strictObject({ type: v.literal("function"), function: v.strictObject({ name: v.string() }) });

/** In the words of OpenAI's chat, which other wires took over. */
export const toolChoiceSchema = v.union([
  v.picklist(["none", "auto", "required"]),
  v.variant("type", [
    named,
    v.strictObject({
      type: v.literal("allowed_tools"),
      allowed_tools: v.strictObject({ mode: v.picklist(["auto", "required"]), tools: v.array(named) }),
    }),
  ]),
]);

export function toolChoiceOf(given: v.InferOutput<typeof toolChoiceSchema> | null | undefined): Choice {
  if (typeof given !== "object" || given === null) return { choice: given ?? undefined, place: "tool_choice" };
  if (given.type === "function") return { choice: { name: given.function.name }, place: "tool_choice.function.name" };
  const { mode, tools } = given.allowed_tools;
  return { choice: mode, only: tools.map((tool) => tool.function.name), place: "tool_choice.allowed_tools.tools" };
}

/** What a request says about which of its tools shall be called. */
export interface Choice {
  readonly choice: ToolChoice | undefined;
  /** The others are not shown. */
  readonly only?: readonly string[];
  /** Where the request names the tools that it chooses. */
  readonly place: string;
}

export interface OfferedTools extends Choice {
  readonly tools: readonly Tool[];
  /** Several calls in one answer. */
  readonly parallel?: boolean | null;
}

/**
 * A prompt without tools says nothing of them.
 *
 * @throws ParameterError for a choice that the tools do not give
 */
export function offeredTools({
  tools: all,
  choice,
  only,
  parallel,
  place,
}: OfferedTools): Pick<ChatPrompt, "tools" | "toolChoice" | "parallelToolCalls"> {
  const names = all.map((tool) => tool.function.name);
  for (const name of only ?? []) checkName(name, names, place);
  const tools = only === undefined ? all : all.filter((tool) => only.includes(tool.function.name));
  checkChoice(
    choice,
    tools.map((tool) => tool.function.name),
    place,
  );
  if (tools.length === 0) return {};
  return {
    tools,
    ...(choice === undefined ? {} : { toolChoice: choice }),
    ...(typeof parallel === "boolean" ? { parallelToolCalls: parallel } : {}),
  };
}

function checkChoice(choice: ToolChoice | undefined, names: readonly string[], place: string): void {
  if (choice === undefined || choice === "none" || choice === "auto") return;
  if (names.length === 0) throw new ParameterError("tool_choice asks for a tool, and there are none: give tools", "tool_choice");
  if (typeof choice === "object") checkName(choice.name, names, place);
}

function checkName(name: string, names: readonly string[], place: string): void {
  if (names.includes(name)) return;
  const expected = names.length === 0 ? "none, as there are no tools" : `one of tools, ${names.join(", ")}`;
  throw new ParameterError(`tool_choice names ${JSON.stringify(name)}: expected ${expected}`, place);
}
