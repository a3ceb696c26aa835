// From a format to the grammar that XGrammar reads, and at the end the question whether the text is what was asked for, put to another implementation.
import { InternalError, UsageError } from "../../errors.ts";
import type { OutputFormat } from "../output-format.ts";
import { foreignGrammar } from "./foreign-grammar.ts";
import { any, entries, string } from "./json-rules.ts";
import { createRules } from "./rules.ts";
import { schemaRule } from "./schema-rules.ts";
import { patternBody } from "./text-rules.ts";
import { createValidator } from "./validator.ts";

export interface PreparedFormat {
  /** In XGrammar's EBNF. */
  readonly grammar: string;
  /** @throws InternalError for a text that is not of the format */
  verify(text: string): void;
}

/** Letters of a format as JSON: more than any that people read, and so many are walked through in some milliseconds. */
const LONGEST = 500_000;

/** The same for two formats that are the same. @throws UsageError for what cannot be written as JSON, or is too long */
export function formatKey(format: OutputFormat): string {
  let key: string | undefined;
  try {
    key = JSON.stringify(format, finite);
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`format: it cannot be written as JSON: ${(cause as Error).message}`);
  }
  if (key === undefined) throw unknownFormat(format);
  if (key.length > LONGEST) throw new UsageError(`format: it has ${key.length} letters, ${LONGEST} at most can be enforced`);
  return key;
}

/** JSON has no such numbers, and would say null. */
function finite(name: string, value: unknown): unknown {
  if (typeof value !== "number" || Number.isFinite(value)) return value;
  throw new UsageError(`format: ${JSON.stringify(name)} is ${value}: expected a number within ${Number.MAX_VALUE}`);
}

/**
 * @param key what formatKey() said of it
 * @throws UsageError naming what cannot be enforced
 */
export async function prepareFormat(key: string): Promise<PreparedFormat> {
  const format: OutputFormat = JSON.parse(key); // plain data, whatever the caller's objects are
  if (format?.kind === "grammar") return { grammar: await foreignGrammar(format.grammar), verify: () => {} };
  const rules = createRules();
  const grammarOf = (body: string): string => rules.grammar(body || '""');
  switch (format?.kind) {
    case "json":
      return { grammar: grammarOf(entries(rules, string(rules), any(rules))), verify: parsed };
    case "schema": {
      const validator = await createValidator(format.schema);
      const grammar = grammarOf(schemaRule(rules, format.schema, validator));
      validator.read();
      return {
        grammar,
        verify(text) {
          if (!validator.satisfies(parsed(text))) throw broken("does not satisfy its schema");
        },
      };
    }
    case "regex":
      if (typeof format.pattern !== "string") break;
      return { grammar: grammarOf(patternBody(rules, format.pattern)), verify: () => {} };
  }
  throw unknownFormat(format);
}

function unknownFormat(format: unknown): UsageError {
  const kinds = '{ kind: "json" }, { kind: "schema", schema }, { kind: "regex", pattern } or { kind: "grammar", grammar }';
  return new UsageError(`format: ${JSON.stringify(format)} was given, expected ${kinds}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw broken("is no JSON");
  }
}

/** Errors go to logs, and answers do not. */
function broken(how: string): InternalError {
  return new InternalError(`the answer ${how}, though every token of it was allowed`);
}
