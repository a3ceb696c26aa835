// What is enforced in the answer of a conversation: the calls that have to come, the arguments of calls that come, and the format of a text behind thoughts.
import { UsageError } from "../../errors.ts";
import type { GenerateOptions } from "../../generate/generate.ts";
import { formatConstraint } from "../../generate/grammar/format-constraint.ts";
import { asFormatOption } from "../../generate/option-error.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { Tool } from "../messages.ts";
import type { Conversation } from "../open-conversation.ts";
import type { CallsToRead } from "../split-answer.ts";
import { ToolError } from "../tool-error.ts";
import { createSteering, type Steering } from "./steer.ts";
import { type ToolParameters, toolParameters } from "./tool-parameters.ts";

/**
 * @param options in which `format` is that of an answer that calls nothing
 * @returns undefined where nothing is enforced, or nothing but the format from the first token on: that is generate()'s part
 * @throws UsageError where the schema of a function can be neither enforced nor checked; of one that is `strict`, that has to be called, or beside which there is
 * a format: where it cannot be enforced; with its name
 */
export async function steeringFor(
  tokenizer: Tokenizer,
  { calls, thoughts }: Conversation,
  { format, ignoreEos }: GenerateOptions,
): Promise<Steering | undefined> {
  if (!calls && !(format && thoughts)) return undefined;
  const parameters = new Map<string, ToolParameters>();
  // Now, not in the middle of the answer.
  for (const [i, tool] of (calls?.tools ?? []).entries()) {
    const why = whyExactly(tool, calls!.forced, format !== undefined);
    parameters.set(tool.function.name, await parametersOf(tokenizer, tool, calls!.first + i, why));
  }
  return createSteering({
    tokenizer,
    calls: calls && { ...calls, parameters },
    format: format && (await asFormatOption(formatConstraint(tokenizer, format, !ignoreEos))),
    thoughts: thoughts && {
      begun: thoughts.begun,
      open: thoughts.off ? undefined : tokenizer.encode(thoughts.open, { parseSpecial: true }),
      gap: thoughts.open === "<think>" ? tokenizer.encode("\n\n") : [],
    },
  });
}

/** What the reader of an answer has to know of its calls. */
export function callsToRead({ family, tools, forced }: NonNullable<Conversation["calls"]>): CallsToRead {
  return { family, forced, offered: new Set(tools.map((tool) => tool.function.name)), judged: true };
}

/** Why a call must not only be looked at when it is whole; undefined: it may be. */
function whyExactly(tool: Tool, forced: boolean, format: boolean): string | undefined {
  if (tool.function.strict) return "which is strict";
  if (forced) return "while a call is required";
  return format ? "beside a format" : undefined;
}

/** @param place among the tools of the prompt */
async function parametersOf(tokenizer: Tokenizer, tool: Tool, place: number, why: string | undefined): Promise<ToolParameters> {
  try {
    return await toolParameters(tokenizer, tool, why !== undefined);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const message = `the parameters of the function "${tool.function.name}"${why ? `, ${why}` : ""}: ${error.message}`;
    throw new ToolError(place, message);
  }
}
