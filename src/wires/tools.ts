// The tools of a prompt, and which of them shall be called: what all wires say about it, each in its own words.
import * as v from "valibot";
import type { ChatPrompt, ToolChoice } from "../chat/answer.ts";
import type { Tool } from "../chat/messages.ts";
import { ParameterError } from "./request.ts";

/** In the words of OpenAI's chat, which other wires took over. */
export const toolChoiceSchema = v.union([
  v.picklist(["none", "auto", "required"]),
  v.object({ type: v.literal("function"), function: v.object({ name: v.string() }) }),
]);

export function toolChoiceOf(given: v.InferOutput<typeof toolChoiceSchema> | null | undefined): ToolChoice | undefined {
  return typeof given === "object" && given !== null ? { name: given.function.name } : (given ?? undefined);
}

export interface OfferedTools {
  readonly tools: readonly Tool[];
  readonly choice: ToolChoice | undefined;
  /** Several calls in one answer. */
  readonly parallel?: boolean | null;
  /** Where the request names the tool that it chooses. */
  readonly place: string;
}

/**
 * A prompt without tools says nothing of them.
 *
 * @throws ParameterError for a choice that the tools do not give
 */
export function offeredTools({
  tools,
  choice,
  parallel,
  place,
}: OfferedTools): Pick<ChatPrompt, "tools" | "toolChoice" | "parallelToolCalls"> {
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
  if (typeof choice !== "object" || names.includes(choice.name)) return;
  throw new ParameterError(`tool_choice names ${JSON.stringify(choice.name)}: expected one of tools, ${names.join(", ")}`, place);
}
