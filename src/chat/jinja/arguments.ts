// Python's way of handing arguments to parameters, for the filters, tests, methods and functions that are written in TypeScript.
import { UsageError } from "../../errors.ts";
import { type Arguments, typeName, Undefined, type Value } from "./values.ts";

/** One value for each parameter, by position or by name; undefined where none was given. */
export function bind(callee: string, args: Arguments, ...parameters: string[]): (Value | undefined)[] {
  if (args.positional.length > parameters.length)
    throw new UsageError(`${callee} takes at most ${parameters.length} arguments, ${args.positional.length} were given`);
  const bound: (Value | undefined)[] = parameters.map((_, i) => args.positional[i]);
  for (const [name, value] of args.named) {
    const i = parameters.indexOf(name);
    if (i < 0) throw new UsageError(`${callee} has no parameter "${name}"${parameters.length ? `, only ${parameters.join(", ")}` : ""}`);
    if (bound[i] !== undefined) throw new UsageError(`${callee}: "${name}" is given twice`);
    bound[i] = value;
  }
  return bound;
}

export function toText(callee: string, value: Value | undefined): string {
  if (typeof value === "string") return value;
  throw mismatch(callee, "a string", value);
}

/** An int (or a bool, which is one in Python) as a JavaScript number. */
export function toInteger(callee: string, value: Value | undefined): number {
  if (typeof value === "bigint" || typeof value === "boolean") return Number(value);
  throw mismatch(callee, "an integer", value);
}

function mismatch(callee: string, expected: string, value: Value | undefined): UsageError {
  if (value instanceof Undefined) return new UsageError(value.reason);
  return new UsageError(
    `${callee} expects ${expected}, ${value === undefined ? "none was given" : `a value of type ${typeName(value)} was given`}`,
  );
}
