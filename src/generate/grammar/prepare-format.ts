// From a format to the grammar that XGrammar reads, and at the end the question whether the text is what was asked for, put to another implementation.
import { InternalError, UsageError } from "../../errors.ts";
import type { OutputFormat } from "../output-format.ts";
import { foreignGrammar } from "./foreign-grammar.ts";
import { any, entries, string } from "./json-rules.ts";
import { parseRegex } from "./regex.ts";
import { regexBody } from "./regex-rules.ts";
import { createRules, type Rules } from "./rules.ts";
import { schemaRule, type Validate } from "./schema-rules.ts";

export interface PreparedFormat {
  /** In XGrammar's EBNF. */
  readonly grammar: string;
  /** @throws InternalError for a text that is not of the format */
  verify(text: string): void;
}

/** Letters of a format as JSON: more than any that people read, and so many are walked through in some milliseconds. */
const LONGEST = 500_000;

/** Formats within texts that have to stand around them, as calls of tools do. */
export type Layout =
  | OutputFormat
  | { readonly kind: "sequence"; readonly parts: readonly (string | Layout)[] }
  | { readonly kind: "choice"; readonly options: readonly Layout[] }
  /** One or more, with a text between them. */
  | { readonly kind: "list"; readonly of: Layout; readonly separator: string };

/** The same for two formats that are the same. @throws UsageError for what cannot be written as JSON, or is too long */
export function formatKey(format: Layout): string {
  let key: string | undefined;
  try {
    key = JSON.stringify(format);
  } catch (cause) {
    throw new UsageError(`format: it cannot be written as JSON: ${(cause as Error).message}`);
  }
  if (key === undefined) throw unknownFormat(format);
  if (key.length > LONGEST) throw new UsageError(`format: it has ${key.length} letters, ${LONGEST} at most can be enforced`);
  return key;
}

/**
 * @param key what formatKey() said of it
 * @throws UsageError naming what cannot be enforced
 */
export async function prepareFormat(key: string): Promise<PreparedFormat> {
  const format: Layout = JSON.parse(key); // plain data, whatever the caller's objects are
  if (format?.kind === "grammar") return { grammar: await foreignGrammar(format.grammar), verify: () => {} };
  const rules = createRules();
  const validate = await validator();
  const grammar = rules.grammar(layoutBody(rules, format, validate) || '""');
  if (format.kind === "json") return { grammar, verify: parsed };
  if (format.kind !== "schema") return { grammar, verify: () => {} };
  const schema = withoutPatterns(format.schema);
  return {
    grammar,
    verify(text) {
      if (!validate(parsed(text), schema)) throw broken(text, "does not satisfy its schema");
    },
  };
}

function layoutBody(rules: Rules, format: Layout, validate: Validate): string {
  switch (format?.kind) {
    case "json":
      return entries(rules, string(rules), any(rules));
    case "schema":
      return schemaRule(rules, format.schema, validate);
    case "regex":
      if (typeof format.pattern !== "string") break;
      return regexBody(rules, parseRegex(format.pattern, true, "regex"), "", rules.set);
    case "sequence":
      return format.parts.map((part) => (typeof part === "string" ? rules.literal(part) : layoutBody(rules, part, validate))).join(" ");
    case "choice":
      return rules.rule(format.options.map((option) => layoutBody(rules, option, validate) || '""').join(" | "));
    case "list": {
      const item = rules.rule(layoutBody(rules, format.of, validate));
      return `${item} (${rules.literal(format.separator)} ${item})*`;
    }
    case "grammar":
      throw new UsageError("format: a grammar cannot stand within another format");
  }
  throw unknownFormat(format);
}

function unknownFormat(format: unknown): UsageError {
  const kinds = '{ kind: "json" }, { kind: "schema", schema }, { kind: "regex", pattern } or { kind: "grammar", grammar }';
  return new UsageError(`format: ${JSON.stringify(format)} was given, expected ${kinds}`);
}

async function validator(): Promise<Validate> {
  const { validate, dereference } = await import("@cfworker/json-schema");
  return (value, schema) => validate(value, schema as object, "2020-12", dereference(schema as object)).valid;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw broken(text, "is no JSON");
  }
}

function broken(text: string, how: string): InternalError {
  return new InternalError(`the answer ${how}, though every token of it was allowed: ${JSON.stringify(text.slice(0, 200))}`);
}

/**
 * What the grammar has enforced already is not asked again: engines of regular expressions try one way after another, and a pattern of a stranger can make
 * that last for ever.
 */
function withoutPatterns(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutPatterns);
  if (typeof schema !== "object" || schema === null) return schema;
  // Where a property is called "pattern", a schema stands there.
  const kept = Object.entries(schema).filter(([keyword, value]) => !(keyword === "pattern" && typeof value === "string"));
  return Object.fromEntries(
    kept.map(([keyword, value]) => [keyword, keyword === "enum" || keyword === "const" ? value : withoutPatterns(value)]),
  );
}
