// One option is wrong, and which: callers who know it by another name can say so.
import { UsageError } from "../errors.ts";
import type { Constraint } from "./constraint.ts";
import type { GenerateOptions } from "./generate.ts";

/** As GenerateOptions call it, or what it has in it. */
export type OptionName = keyof GenerateOptions | "mirostat.tau" | "mirostat.eta";

/** What is wrong. `isNamed`: the option's name stands before it. */
export interface OptionFault {
  readonly option: OptionName;
  readonly text: string;
  readonly isNamed: boolean;
}

/** To whom options have the names that are here already, it is a UsageError like any other. */
export class OptionError extends UsageError {
  readonly fault: OptionFault;
  constructor(fault: OptionFault, cause?: ErrorOptions) {
    super(sentenceOfFault(fault, fault.option), cause);
    this.fault = fault;
  }
}

/** @param name that the option has for whoever reads it */
export function sentenceOfFault({ text, isNamed }: OptionFault, name: string): string {
  return isNamed ? `${name} ${text}` : text;
}

/** @param text goes on behind the option's name: "is 2: expected a number from 0 to 1" */
export function wrongOption(option: OptionName, text: string): OptionError {
  return new OptionError({ option, text, isNamed: true });
}

/** What is wrong with a format is wrong with the option of that name. */
export async function asFormatOption<C extends Constraint>(constraint: Promise<C>): Promise<C> {
  try {
    return await constraint;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const fault: OptionFault = { option: "format", text: error.message, isNamed: false };
    throw new OptionError(fault, error.cause === undefined ? undefined : { cause: error.cause });
  }
}
