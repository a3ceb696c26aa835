// Objects of a schema, as rules: properties come in the order of the schema, then those whose names the schema does not list.
import { UsageError } from "../../errors.ts";
import { type Automaton, matches } from "./automaton.ts";
import { intersect, type Language } from "./intersect.ts";
import * as json from "./json-rules.ts";
import { count, list, record } from "./keyword-values.ts";
import { parseRegex, type Regex } from "./regex.ts";
import type { Rules } from "./rules.ts";
import { textKeywords } from "./scalar-rules.ts";
import { escapePointer, isNever, type Placed, readSchema, refusal, type Schema } from "./schema-keywords.ts";
import { quotedAutomaton, textAutomaton } from "./text-rules.ts";

/** Patterns for names: each is held against each. */
const MOST_PATTERNS = 20;

/** What an object's rule needs of the rest of its schema. */
export interface SchemaReader {
  readonly rules: Rules;
  /** The rule of a schema within. */
  value(given: unknown, path: string, depth: number): string;
  resolve(placed: Placed): Placed;
}

/** Some properties of an object. */
interface Part {
  /** Of the grammar: a sequence without alternatives. */
  readonly text: string;
  /** Whether one of them has to be there. */
  readonly required: boolean;
}

/** A pattern for names, and what their values have to be. */
interface Pattern {
  readonly language: Language;
  readonly names: Automaton;
  readonly schema: unknown;
  readonly path: string;
}

export function objectRule({ rules, value, resolve }: SchemaReader, { schema, path }: Placed, depth: number): string {
  const required = new Set(list(schema.required ?? [], path, "required", 0).map(String));
  const patterns = patternsOf(rules, schema, path);
  const named = namesOf(schema, path, resolve);
  const given = record(schema.properties, path, "properties");
  const open = schema.additionalProperties ?? (patterns.length === 0 && Object.keys(given).length === 0);
  /** What a property has to be that is not listed; nothing where it may not be there. */
  const unlisted = (name: string): unknown => {
    const own = patterns.find(({ names }) => matches(names, name));
    return own ? own.schema : isNever(open) ? undefined : open;
  };
  let known: string | undefined;
  /** The rule of all properties that no keyword but additionalProperties speaks of. */
  const openRule = (): string => {
    known ??= value(open, `${path}/additionalProperties`, depth + 1);
    return known;
  };
  const allowed = named.only === undefined ? undefined : new Set(named.only);
  const names = new Set([...Object.keys(given), ...required, ...(named.only ?? [])]);
  const textOf = named.text && automatonOf(rules, named.text, [], `${path}/propertyNames`);

  const properties: { name: string; rule: string; required: boolean }[] = [];
  for (const name of names) {
    const isRequired = required.has(name);
    const fits = allowed?.has(name) !== false && (!textOf || matches(textOf, name));
    const listed = Object.hasOwn(given, name);
    const asked = listed ? withPatterns(name, given[name], patterns) : unlisted(name);
    if (!fits || asked === undefined || isNever(asked)) {
      if (!isRequired) continue;
      throw new UsageError(`schema: ${path}/required: ${JSON.stringify(name)} is required, and no property may have that name`);
    }
    const at = listed ? `${path}/properties/${escapePointer(name)}` : `${path}/patternProperties`;
    const rule = !listed && asked === open ? openRule() : value(asked, at, depth + 1);
    properties.push({ name, rule, required: isRequired });
  }

  const others: [key: string, rule: string][] = [];
  if (named.only === undefined) {
    const other = isNever(open) ? undefined : openRule();
    if (patterns.length === 0 && !named.text) {
      if (other !== undefined) others.push([json.otherKey(rules, [...names]), other]);
    } else {
      const listed: Language[] = names.size > 0 ? [{ kind: "regex", regex: oneOfTexts([...names]), not: true }] : [];
      const add = (languages: readonly Language[], at: string, rule: () => string): void => {
        const keys = automatonOf(rules, named.text, [...listed, ...languages], at);
        if (keys.states.length > 0) others.push([quotedAutomaton(rules, keys), rule()]);
      };
      for (const { language, schema, path } of patterns) if (!isNever(schema)) add([language], path, () => value(schema, path, depth + 1));
      const none = patterns.map(({ language }): Language => ({ ...language, kind: "regex", not: true }) as Language);
      if (other !== undefined) add(none, `${path}/additionalProperties`, () => other);
    }
  }

  const least = count(schema, "minProperties", path, 0);
  const most = count(schema, "maxProperties", path, Number.POSITIVE_INFINITY);
  if (least > Math.max(required.size, others.length === 0 || properties.length > 0 ? 0 : 1)) {
    throw refusal(path, "minProperties", ": list the properties that have to be there as required");
  }
  // Names that come twice are one property: so there are never more.
  if (most < properties.length || (most < Number.POSITIVE_INFINITY && others.length > 0 && properties.length > 0)) {
    throw refusal(path, "maxProperties", ": list fewer properties, and no additional ones");
  }
  const entry = (key: string, rule: string): string => `${key} ${json.colon} ${rule}`;
  const parts: Part[] = properties.map(({ name, rule, required }) => ({
    text: entry(rules.literal(JSON.stringify(name)), rule),
    required,
  }));
  if (others.length > 0 && most > 0) {
    const other = rules.rule(others.map(([key, rule]) => entry(key, rule)).join(" | "));
    parts.push({ text: `${other} ${rules.repeat(`${json.comma} ${other}`, 0, most - 1)}`, required: least > required.size });
  }
  const all = inOrder(rules, parts);
  const name = rules.rule(all ? `"{" ${all.required ? all.text : `(${all.text})?`} "}"` : '"{" "}"');
  const needed = properties.filter(({ required }) => required).map(({ rule }) => rule);
  rules.finiteIf(name, (ends) => needed.every(ends));
  return name;
}

/**
 * At least one of the parts, all that are required, in their order. A tree of halves: a chain of rules, each for what may come behind a part, would have all
 * that follow looked into from each of its places.
 */
function inOrder(rules: Rules, parts: readonly Part[]): Part | undefined {
  if (parts.length <= 1) return parts[0];
  const middle = parts.length >> 1;
  const [left, right] = [inOrder(rules, parts.slice(0, middle))!, inOrder(rules, parts.slice(middle))!];
  const both = `${left.text} ${json.comma} ${right.text}`;
  if (left.required && right.required) return { text: both, required: true };
  const one = [left, right].filter((_, i) => ![right, left][i].required).map(({ text }) => text);
  return { text: rules.rule([both, ...one].join(" | ")), required: left.required || right.required };
}

/** What names may be: some, and no others; or texts of a kind; or any. */
function namesOf(schema: Schema, path: string, resolve: SchemaReader["resolve"]): { only?: readonly string[]; text?: Placed } {
  if (schema.propertyNames === undefined) return {};
  if (isNever(schema.propertyNames)) return { only: [] };
  const at = `${path}/propertyNames`;
  const found = resolve({ schema: readSchema(schema.propertyNames, at), path: at });
  const { type, enum: values, const: constant, ...asked } = found.schema;
  const texts = type === undefined || [type].flat().includes("string");
  const kinds = Object.keys(asked);
  const known = ["minLength", "maxLength", "pattern", "format"];
  if (!texts || kinds.some((kind) => !known.includes(kind)))
    throw refusal(path, "propertyNames", ": texts of a pattern, a length or a list can be");
  if (values === undefined && !("const" in found.schema)) return kinds.length > 0 ? { text: found } : {};
  if (kinds.length > 0) throw refusal(at, kinds[0], ' beside "enum" or "const"');
  const listed = values === undefined ? [constant] : list(values, at, "enum");
  return { only: listed.filter((name) => typeof name === "string") };
}

/** @throws UsageError for patterns that match the same name and ask for different values */
function patternsOf(rules: Rules, schema: Schema, path: string): Pattern[] {
  const given = Object.entries(record(schema.patternProperties, path, "patternProperties"));
  if (given.length > MOST_PATTERNS) throw refusal(path, "patternProperties", ` with more than ${MOST_PATTERNS} patterns`);
  const patterns = given.map(([source, schema]): Pattern => {
    const at = `${path}/patternProperties/${escapePointer(source)}`;
    const language: Language = { kind: "regex", regex: parseRegex(source, false, `schema: ${at}`) };
    return { language, names: automatonOf(rules, undefined, [language], at), schema, path: at };
  });
  for (const [i, a] of patterns.entries()) {
    for (const b of patterns.slice(i + 1)) {
      if (automatonOf(rules, undefined, [a.language, b.language], b.path).states.length > 0)
        throw refusal(path, "patternProperties", `: ${a.path} and ${b.path} match the same names`);
    }
  }
  return patterns;
}

/** A listed property whose name a pattern matches has to be what both say. */
function withPatterns(name: string, schema: unknown, patterns: readonly Pattern[]): unknown {
  const own = patterns.find(({ names }) => matches(names, name));
  if (!own) return schema;
  return isNever(schema) || isNever(own.schema) ? false : { allOf: [schema, own.schema] };
}

function automatonOf(rules: Rules, text: Placed | undefined, languages: readonly Language[], path: string): Automaton {
  const found = text ? textAutomaton(rules, textKeywords(text), languages) : intersect(languages, rules.charge);
  if (found) return found;
  throw new UsageError(`schema: ${path}: the names that it allows are too many kinds to be enforced: make its patterns simpler`);
}

function oneOfTexts(texts: readonly string[]): Regex {
  const letter = (code: number): Regex => ({ kind: "set", set: [[code, code]] });
  return {
    kind: "choice",
    options: texts.map((text) => ({ kind: "sequence", parts: Array.from(text, (character) => letter(character.codePointAt(0)!)) })),
  };
}
