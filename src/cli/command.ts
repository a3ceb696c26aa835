// What a command is: flags with their schemas, its arguments, the words of its help, and what it does.
import type { Flags, Values } from "./flags.ts";

export interface Command<F extends Flags = Flags> {
  /** What stands after the flags: its name in the help, whether it may be left out, and whether there may be more of it. */
  readonly argument?: { readonly name: string; readonly optional: boolean; readonly many?: boolean };
  /** Paragraphs below the usage line. */
  readonly about: string;
  readonly flags: F;
  /** Arguments after `cria`, and what they do. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** @param argument undefined where it was left out @param all the arguments, where there may be several */
  run(values: Values<F>, argument: string | undefined, all: readonly string[]): Promise<void>;
}

/** Ties the type of the values to the flags, and forgets it again: main.ts checks values against the same flags. */
export function defineCommand<const F extends Flags>(command: Command<F>): Command {
  return command as unknown as Command;
}
