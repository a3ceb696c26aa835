// Errors lose their class on the way between threads: here it travels as a name.
import { TemplateRefusal } from "../../chat/index.ts";
import { ToolError } from "../../chat/tool-error.ts";
import { FormatError, InternalError, ShapeError, UnsupportedError, UsageError } from "../../errors.ts";
import { ContextLengthError } from "../../generate/generate.ts";
import { OptionError, type OptionFault } from "../../generate/option-error.ts";

export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of an OptionError. */
  readonly fault?: OptionFault;
  /** Of a ToolError. */
  readonly tool?: number;
}

/** The errors that callers tell apart. */
const classes = { UsageError, FormatError, ShapeError, UnsupportedError, InternalError, ContextLengthError, TemplateRefusal } as const;

export function plainError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error), stack: undefined };
  // A class that is derived from one of these, and is not among them, counts as what it is derived from.
  const name = Object.hasOwn(classes, error.name)
    ? error.name
    : (Object.entries(classes).find(([, each]) => error instanceof each)?.[0] ?? "Error");
  return {
    ...{ name, message: error.message, stack: error.stack },
    ...(error instanceof OptionError ? { fault: error.fault } : {}),
    ...(error instanceof ToolError ? { tool: error.place } : {}),
  };
}

export function revivedError(plain: PlainError): Error {
  const error = revived(plain);
  if (plain.stack !== undefined) error.stack = plain.stack;
  return error;
}

function revived({ name, message, fault, tool }: PlainError): Error {
  if (fault) return new OptionError(fault);
  if (tool !== undefined) return new ToolError(tool, message);
  return new (classes[name as keyof typeof classes] ?? Error)(message);
}
