// What is enforced in the answer of a conversation: the calls that have to come, the arguments of calls that come, and the format of a text behind thoughts.
import { UsageError } from "../../errors.ts";
import type { Constraint } from "../../generate/constraint.ts";
import type { GenerateOptions } from "../../generate/generate.ts";
import { formatConstraint } from "../../generate/grammar/format-constraint.ts";
import { formatKey, prepareFormat } from "../../generate/grammar/prepare-format.ts";
import type { OutputFormat } from "../../generate/output-format.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { Tool } from "../messages.ts";
import type { Conversation } from "../open-conversation.ts";
import type { CallsToRead } from "../split-answer.ts";
import { createSteering, type Steering } from "./steer.ts";

/**
 * @param options in which `format` is that of an answer that calls nothing
 * @returns undefined where nothing is enforced, or nothing but the format from the first token on: that is generate()'s part
 * @throws UsageError where the schema of a function that is `strict`, or of one that has to be called, cannot be enforced, with its name
 */
export async function steeringFor(
  tokenizer: Tokenizer,
  { calls, thoughts }: Conversation,
  { format, ignoreEos }: GenerateOptions,
): Promise<Steering | undefined> {
  if (!calls && !(format && thoughts)) return undefined;
  const promised = (tool: Tool): boolean => tool.function.strict === true || calls?.forced === true;
  // Now, not in the middle of the answer.
  for (const tool of calls?.tools ?? []) if (promised(tool)) await checkParameters(tool);
  return createSteering({
    tokenizer,
    calls: calls && { ...calls, argumentsOf: (tool) => constrainArguments(tokenizer, tool, promised(tool)) },
    format: format && (await formatConstraint(tokenizer, format, !ignoreEos)),
    thoughts: thoughts && {
      begun: thoughts.begun,
      open: thoughts.off ? undefined : tokenizer.encode(thoughts.open, { parseSpecial: true }),
      gap: thoughts.open === "<think>" ? tokenizer.encode("\n\n") : [],
    },
  });
}

/** What the reader of an answer has to know of its calls. */
export function callsToRead({ family, tools, forced }: NonNullable<Conversation["calls"]>): CallsToRead {
  const names = (some: readonly Tool[]): Set<string> => new Set(some.map((tool) => tool.function.name));
  return { family, forced, offered: names(tools), strict: names(tools.filter((tool) => tool.function.strict)) };
}

async function checkParameters(tool: Tool): Promise<void> {
  try {
    await prepareFormat(formatKey(formatOf(tool)));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const why = tool.function.strict ? "which is strict" : "while a call is required";
    throw new UsageError(`the parameters of the function "${tool.function.name}", ${why}: ${error.message}`);
  }
}

/** By the schema. One that cannot be enforced, and of which nothing was promised, is enforced as far as that the arguments are an object. */
async function constrainArguments(tokenizer: Tokenizer, tool: Tool, promised: boolean): Promise<Constraint> {
  try {
    return await formatConstraint(tokenizer, formatOf(tool));
  } catch (error) {
    if (!(error instanceof UsageError) || promised) throw error;
    return formatConstraint(tokenizer, { kind: "json" });
  }
}

function formatOf({ function: { parameters } }: Tool): OutputFormat {
  const schema = parameters ? { type: "object", ...parameters } : { type: "object", properties: {}, additionalProperties: false };
  return { kind: "schema", schema };
}
