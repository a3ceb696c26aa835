// JSON Schema as strangers write it: which keywords can be enforced, and how two schemas that both have to hold become one.
import { UsageError } from "../../errors.ts";
import { isJsonObject } from "../../formats/strict-json.ts";

export type Schema = Readonly<Record<string, unknown>>;

/** A schema and where it stands. */
export interface Placed {
  readonly schema: Schema;
  /** A JSON pointer. */
  readonly path: string;
}

/** Keywords whose values hold schemas by name. */
export const schemaMaps: ReadonlySet<string> = new Set(["properties", "$defs", "definitions"]);

/** Said about a value, not asked of it. */
const annotations = new Set(
  [
    "title description default examples deprecated readOnly writeOnly $schema $id $comment $defs definitions",
    "contentEncoding contentMediaType contentSchema",
    // OpenAPI's.
    "example discriminator",
  ].flatMap((line) => line.split(" ")),
);

const enforced = new Set(
  [
    "type enum const anyOf oneOf allOf $ref",
    "properties required additionalProperties minProperties maxProperties",
    "items prefixItems minItems maxItems uniqueItems",
    "minLength maxLength pattern format",
    "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf",
  ].flatMap((line) => line.split(" ")),
);

export function refusal(path: string, keyword: string, why: string): UsageError {
  return new UsageError(`schema: ${path}/${escapePointer(keyword)}: the keyword "${keyword}" cannot be enforced${why}`);
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
  for (const [keyword, given] of Object.entries(value)) {
    if (annotations.has(keyword) || keyword.startsWith("x-") || given === undefined) continue;
    if (keyword === "propertyNames" && saysNothingOfTexts(given)) continue;
    if (!enforced.has(keyword)) throw refusal(path, keyword, ": leave it out, or say it in the prompt");
    schema[keyword] = given;
  }
  return schema;
}

/** Names are texts anyway: some programs say so. */
function saysNothingOfTexts(schema: unknown): boolean {
  if (schema === true) return true;
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) return false;
  return Object.entries(schema).every(([keyword, value]) => annotations.has(keyword) || (keyword === "type" && value === "string"));
}

/** A schema that holds where both hold. @throws UsageError where that cannot be one */
export function mergeSchemas(a: Placed, b: Placed): Placed {
  const merged: Record<string, unknown> = { ...a.schema };
  closedElsewhere(a, b);
  closedElsewhere(b, a);
  for (const [keyword, value] of Object.entries(b.schema)) {
    merged[keyword] = keyword in merged ? both(keyword, merged[keyword], value, b.path) : value;
  }
  return { schema: merged, path: a.path };
}

/** additionalProperties of one schema does not know the properties of another, and forbids them. */
function closedElsewhere({ schema, path }: Placed, other: Placed): void {
  if (schema.additionalProperties === undefined || schema.additionalProperties === true) return;
  const known = Object.keys(objectOf(schema.properties));
  const foreign = Object.keys(objectOf(other.schema.properties)).find((name) => !known.includes(name));
  if (foreign !== undefined || other.schema.additionalProperties !== undefined) {
    throw refusal(path, "additionalProperties", ` together with properties of ${other.path || "/"}: put all of them into one schema`);
  }
}

function both(keyword: string, a: unknown, b: unknown, path: string): unknown {
  if (same(a, b)) return a;
  switch (keyword) {
    case "type":
      return commonTypes([a].flat(), [b].flat(), path);
    case "required":
      return [...new Set([...listOf(a), ...listOf(b)])];
    case "enum":
      return commonValues(listOf(a), listOf(b));
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
    case "properties": {
      const merged = new Map(Object.entries(objectOf(a)));
      for (const [name, schema] of Object.entries(objectOf(b))) {
        merged.set(name, merged.has(name) ? { allOf: [merged.get(name), schema] } : schema);
      }
      return Object.fromEntries(merged);
    }
    case "items":
      return { allOf: [a, b] };
    case "allOf":
      return [...listOf(a), ...listOf(b)];
    case "additionalProperties":
      if (a === true) return b;
      if (b === true) return a;
  }
  throw refusal(path, keyword, " twice, with different values");
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

/** Those of some values that are also among others. */
export function commonValues(values: readonly unknown[], others: readonly unknown[]): unknown[] {
  const known = new Set(others.map(spelled));
  return values.filter((value) => known.has(spelled(value)));
}

function same(a: unknown, b: unknown): boolean {
  return spelled(a) === spelled(b);
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
