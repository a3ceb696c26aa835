// What is enforced in the answer of a conversation: the calls that have to come, the arguments of calls that come, and the format of a text behind thoughts.
import { UsageError } from "../../errors.ts";
import type { Constraint } from "../../generate/constraint.ts";
import type { OutputFormat } from "../../generate/output-format.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { Tool } from "../messages.ts";
import type { Conversation } from "../open-conversation.ts";
import type { CallsToRead } from "../split-answer.ts";
import { createSteering, type Steering } from "./steer.ts";

/** Makes what a text of this format has to be. */
export type Constrain = (format: OutputFormat) => Promise<Constraint>;

/**
 * @param format of an answer that calls nothing
 * @returns undefined where nothing is enforced, or nothing but the format from the first token on
 * @throws UsageError where the schema of a function that is `strict` cannot be enforced, with its name
 */
export async function steeringFor(
  tokenizer: Tokenizer,
  { calls, thoughts }: Conversation,
  format: OutputFormat | undefined,
  constrain: Constrain,
): Promise<Steering | undefined> {
  if (!calls && !(format && thoughts)) return undefined;
  // Now, not in the middle of the answer.
  for (const tool of calls?.tools ?? []) if (tool.function.strict) (await constrainArguments(tool, constrain)).dispose();
  return createSteering({
    tokenizer,
    calls: calls && { ...calls, argumentsOf: (tool) => constrainArguments(tool, constrain) },
    format: format && (await constrain(format)),
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

/** By the schema. One that cannot be enforced is enforced as far as that the arguments are an object, unless the function is strict. */
async function constrainArguments(tool: Tool, constrain: Constrain): Promise<Constraint> {
  const { name, strict } = tool.function;
  try {
    return await constrain({ kind: "schema", schema: schemaOf(tool) });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    if (strict) throw new UsageError(`the parameters of the function "${name}", which is strict: ${error.message}`);
    return constrain({ kind: "json" });
  }
}

function schemaOf({ function: { parameters } }: Tool): Record<string, unknown> {
  return parameters ? { type: "object", ...parameters } : { type: "object", properties: {}, additionalProperties: false };
}
