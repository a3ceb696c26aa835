// The flags that say what an answer has to be.
import * as v from "valibot";
import { UsageError } from "../errors.ts";
import type { OutputFormat } from "../generate/output-format.ts";
import type { Flags, Values } from "./flags.ts";
import { readTextFile } from "./text-input.ts";

export const formatFlags = {
  schema: {
    schema: v.optional(v.string()),
    value: "FILE or JSON",
    help: "Answer with JSON of this JSON Schema, every token of it enforced; '{}' for any value",
  },
  regex: { schema: v.optional(v.string()), value: "PATTERN", help: "Answer with a text that this regular expression matches as a whole" },
  grammar: {
    schema: v.optional(v.string()),
    value: "FILE",
    help: "Answer with a text of this grammar, in GBNF; its first rule is called root",
  },
} as const satisfies Flags;

/** @throws UsageError for several of them, and for a file that cannot be read or is no JSON */
export async function outputFormat({ schema, regex, grammar }: Values<typeof formatFlags>): Promise<OutputFormat | undefined> {
  const given = Object.entries({ schema, regex, grammar }).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`]));
  if (given.length > 1) throw new UsageError(`${given.join(" and ")} were given: an answer can be of one of them only`);
  if (regex !== undefined) return { kind: "regex", pattern: regex };
  if (grammar !== undefined) return { kind: "grammar", grammar: await readTextFile(grammar) };
  if (schema === undefined) return undefined;
  const inline = /^\s*[{]/.test(schema);
  const text = inline ? schema : await readTextFile(schema);
  try {
    return { kind: "schema", schema: JSON.parse(text) };
  } catch (cause) {
    throw new UsageError(`${inline ? "--schema" : schema}: is no JSON: ${(cause as Error).message}`);
  }
}
