// One option is wrong, and which: callers who know it by another name can say so.
import { UsageError } from "../errors.ts";
import type { Constraint } from "./constraint.ts";

/** To whom options have the names that are here already, it is a UsageError like any other. */
export class OptionError extends UsageError {
  /** As GenerateOptions call it, or what it has in it ("mirostat.tau"), or a place in the prompt ("tools[2]"). */
  readonly option: string;
  /** @param message begins with the option's name, or does without it */
  constructor(option: string, message: string, cause?: ErrorOptions) {
    super(message, cause);
    this.option = option;
  }
}

/** What is wrong with a format is wrong with the option of that name. */
export async function asFormatOption<C extends Constraint>(constraint: Promise<C>): Promise<C> {
  try {
    return await constraint;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new OptionError("format", error.message, error.cause === undefined ? undefined : { cause: error.cause });
  }
}
