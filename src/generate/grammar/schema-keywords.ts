// JSON Schema as strangers write it: which keywords can be enforced, and how two schemas that both have to hold become one.
import { UsageError } from "../../errors.ts";
import { isJsonObject } from "../../formats/strict-json.ts";
import { inNewKeywords } from "./older-keywords.ts";

export type Schema = Readonly<Record<string, unknown>>;

/** A schema and where it stands. */
export interface Placed {
  readonly schema: Schema;
  /** A JSON pointer. */
  readonly path: string;
}

/** Keywords whose values hold schemas by name. */
export const schemaMaps: ReadonlySet<string> = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"]);

/** Keywords whose value is a schema. */
export const singleSchemas: ReadonlySet<string> = new Set(
  "items additionalItems additionalProperties not if then else contains propertyNames unevaluatedItems unevaluatedProperties".split(" "),
);
/** Keywords whose value is a list of schemas. */
export const schemaLists: ReadonlySet<string> = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);

/** Schemas within each other: readers call themselves for each. */
export const DEEPEST = 100;

/** Said about a value, not asked of it. */
const annotations = new Set(
  [
    "title description default examples deprecated readOnly writeOnly",
    "$schema $id $anchor $comment $defs definitions",
    "contentEncoding contentMediaType contentSchema",
    "example externalDocs xml",
  ].flatMap((line) => line.split(" ")),
);

const enforced = new Set(
  [
    "type enum const anyOf oneOf allOf $ref discriminator",
    "properties required patternProperties additionalProperties propertyNames minProperties maxProperties",
    "items prefixItems minItems maxItems uniqueItems",
    "minLength maxLength pattern format",
    "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf",
  ].flatMap((line) => line.split(" ")),
);

export function refusal(path: string, keyword: string, why: string): UsageError {
  return new UsageError(`schema: ${path}/${escapePointer(keyword)}: the keyword "${keyword}" cannot be enforced${why}`);
}

/** Whether no value satisfies a schema, as far as it says so. */
export function isNever(schema: unknown): boolean {
  if (schema === false) return true;
  const { not } = objectOf(schema);
  return not === true || (isJsonObject(not) && Object.keys(not).length === 0);
}

export function escapePointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

/**
 * A schema without what is only said, whose every keyword can be enforced as such.
 *
 * @throws UsageError for what is no schema, and naming a keyword that is unknown or cannot be enforced
 */
export function readSchema(value: unknown, path: string): Schema {
  if (value === true) return {};
  if (!isJsonObject(value)) {
    const given = value === false ? "false, which no value satisfies" : JSON.stringify(value);
    throw new UsageError(`schema: ${path || "/"}: ${given} was given, expected a schema: an object, or true`);
  }
  const schema: Record<string, unknown> = {};
  for (const [keyword, given] of Object.entries(inNewKeywords(value as Schema))) {
    if (annotations.has(keyword) || keyword.startsWith("x-") || given === undefined) continue;
    if (keyword === "discriminator" && !("oneOf" in value)) continue; // which says something of the options of a oneOf alone
    if (!enforced.has(keyword)) throw refusal(path, keyword, ": leave it out, or say it in the prompt");
    if ((keyword === "pattern" || keyword === "format") && typeof given !== "string")
      throw new UsageError(`schema: ${path}/${keyword}: ${JSON.stringify(given)} was given, expected a text`);
    schema[keyword] = given;
  }
  return schema;
}

/** A schema that holds where both hold. @throws UsageError where that cannot be one */
export function mergeSchemas(a: Placed, b: Placed, spelling: Spelling): Placed {
  const merged: Record<string, unknown> = { ...a.schema };
  closedElsewhere(a, b);
  closedElsewhere(b, a);
  for (const [keyword, value] of Object.entries(b.schema)) {
    merged[keyword] = keyword in merged ? both(keyword, merged[keyword], value, b.path, spelling) : value;
  }
  return { schema: merged, path: a.path };
}

/** A schema that holds where all hold: halves first, since a merge walks along both of its sides. @throws as mergeSchemas */
export function mergeAll(parts: readonly Placed[], spelling: Spelling): Placed {
  if (parts.length === 1) return parts[0];
  const middle = parts.length >> 1;
  return mergeSchemas(mergeAll(parts.slice(0, middle), spelling), mergeAll(parts.slice(middle), spelling), spelling);
}

/** additionalProperties of one schema does not know the properties of another, and forbids them. */
function closedElsewhere({ schema, path }: Placed, other: Placed): void {
  if (schema.additionalProperties === undefined || schema.additionalProperties === true) return;
  const known = objectOf(schema.properties);
  const foreign = Object.keys(objectOf(other.schema.properties)).find((name) => !Object.hasOwn(known, name));
  if (foreign !== undefined || other.schema.additionalProperties !== undefined || other.schema.patternProperties !== undefined) {
    throw refusal(path, "additionalProperties", ` together with properties of ${other.path || "/"}: put all of them into one schema`);
  }
}

function both(keyword: string, a: unknown, b: unknown, path: string, spelling: Spelling): unknown {
  if (keyword === "properties" || keyword === "patternProperties") return bothProperties(objectOf(a), objectOf(b), spelling);
  if (spelling.same(a, b)) return a;
  switch (keyword) {
    case "type":
      return commonTypes([a].flat(), [b].flat(), path);
    case "required":
      return [...new Set([...listOf(a), ...listOf(b)])];
    case "enum":
      return spelling.common(listOf(a), listOf(b));
    case "minimum":
    case "exclusiveMinimum":
    case "minLength":
    case "minItems":
    case "minProperties":
      return Math.max(Number(a), Number(b));
    case "maximum":
    case "exclusiveMaximum":
    case "maxLength":
    case "maxItems":
    case "maxProperties":
      return Math.min(Number(a), Number(b));
    case "items":
    case "propertyNames":
      return { allOf: [a, b] };
    case "pattern":
    case "format":
      return [a, b].flat();
    case "allOf":
      return [...listOf(a), ...listOf(b)];
    case "additionalProperties":
      if (a === true) return b;
      if (b === true) return a;
  }
  throw refusal(path, keyword, " twice, with different values");
}

function bothProperties(a: Schema, b: Schema, { same, charge }: Spelling): Schema {
  const merged = new Map(Object.entries(a));
  const others = Object.entries(b);
  charge(PER_PROPERTY * (merged.size + others.length));
  for (const [name, schema] of others) {
    if (!merged.has(name)) merged.set(name, schema);
    else if (!same(merged.get(name), schema)) merged.set(name, { allOf: [merged.get(name), schema] });
  }
  return Object.fromEntries(merged);
}

function commonTypes(a: readonly unknown[], b: readonly unknown[], path: string): unknown[] {
  const common = [...a, ...b].filter((type) => {
    const allowedBy = (types: readonly unknown[]): boolean => types.includes(type) || (type === "integer" && types.includes("number"));
    return allowedBy(a) && allowedBy(b);
  });
  if (common.length === 0)
    throw new UsageError(`schema: ${path}/type: no value can be of both ${JSON.stringify(a)} and ${JSON.stringify(b)}`);
  return [...new Set(common)];
}

/** Which values are the same, as far as that is work that a stranger can ask for again and again. */
export interface Spelling {
  charge(work: number): void;
  same(a: unknown, b: unknown): boolean;
  /** How the values of a list are spelled, each list once. */
  all(values: readonly unknown[]): readonly string[];
  /** Those of some values that are also among others. */
  common(values: readonly unknown[], others: readonly unknown[]): unknown[];
}

/** Work of a letter that is spelled, of a value that is looked up, and of a property that is written into another object: measured, 0.2 to 2 us. */
const PER_LETTER = 0.0003;
export const PER_VALUE = 0.0002;
const PER_PROPERTY = 0.002;

/** @param charge counts work; 1 is a millisecond */
export function createSpelling(charge: (work: number) => void): Spelling {
  const lists = new WeakMap<readonly unknown[], readonly string[]>();
  const spell = (value: unknown): string => {
    const text = spelled(value);
    charge(PER_LETTER * text.length);
    return text;
  };
  const all = (values: readonly unknown[]): readonly string[] => {
    const known = lists.get(values) ?? values.map(spell);
    lists.set(values, known);
    charge(PER_VALUE * known.length);
    return known;
  };
  return {
    charge,
    same: (a, b) => a === b || spell(a) === spell(b),
    all,
    common(values, others) {
      const texts = all(values);
      const known = new Set(all(others));
      return values.filter((_, i) => known.has(texts[i]));
    },
  };
}

/** The same for values that JSON Schema takes for equal: the order of an object's properties says nothing. */
function spelled(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (isJsonObject(part) ? Object.fromEntries(Object.entries(part).sort(byName)) : part));
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return isJsonObject(value) ? value : {};
}
