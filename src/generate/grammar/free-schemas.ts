// Schemas that no grammar holds, and that a validator alone decides about: what it would not look at, or not understand, is refused before anything is asked.
import { UsageError } from "../../errors.ts";
import { isJsonObject } from "../../formats/strict-json.ts";
import { count, list, number, record } from "./keyword-values.ts";
import { inNewKeywords } from "./older-keywords.ts";
import { DEEPEST, escapePointer, readSchema, refusal, type Schema, schemaLists, schemaMaps, singleSchemas } from "./schema-keywords.ts";
import { createPlaces } from "./schema-places.ts";
import { typesOf } from "./schema-types.ts";
import { freeFormats } from "./string-formats.ts";
import { askedFormats } from "./validator.ts";

const counts = new Set("minContains maxContains minProperties maxProperties minItems maxItems minLength maxLength".split(" "));
const numbers = new Set("minimum maximum exclusiveMinimum exclusiveMaximum multipleOf".split(" "));

export interface FreeSchemas {
  /** What stands at a keyword of a schema. @throws UsageError where it is not of the kind that it has to be */
  add(schema: Schema, keyword: string, path: string): void;
  /** All that was added, and what it refers to. @throws UsageError naming what the validator would not decide */
  check(): void;
}

/**
 * @param root    where references lead
 * @param checked keywords that the validator knows besides those that grammars hold
 */
export function createFreeSchemas(root: unknown, checked: ReadonlySet<string>): FreeSchemas {
  const places = createPlaces(root);
  const open: { readonly given: unknown; readonly path: string; readonly depth: number }[] = [];
  const seen = new Set<unknown>();

  function addAt(schema: Schema, keyword: string, path: string, depth: number): void {
    const value = schema[keyword];
    const at = `${path}/${escapePointer(keyword)}`;
    const push = (given: unknown, path: string): void => void open.push({ given, path, depth });
    if (singleSchemas.has(keyword)) push(value, at);
    else if (schemaLists.has(keyword)) for (const [i, each] of list(value, path, keyword).entries()) push(each, `${at}/${i}`);
    else if (schemaMaps.has(keyword))
      for (const [name, each] of Object.entries(record(value, path, keyword))) push(each, `${at}/${escapePointer(name)}`);
    else checkValue(schema, keyword, path);
  }

  function check({ given, path, depth }: (typeof open)[number]): void {
    if (depth > DEEPEST) throw new UsageError(`schema: ${path}: more than ${DEEPEST} schemas stand within each other`);
    if (typeof given === "boolean" || seen.has(given)) return;
    seen.add(given);
    const all = isJsonObject(given) ? Object.entries(inNewKeywords(given)) : [];
    const others = isJsonObject(given) ? Object.fromEntries(all.filter(([keyword]) => !checked.has(keyword))) : given;
    const schema = { ...readSchema(others, path), ...Object.fromEntries(all.filter(([keyword]) => checked.has(keyword))) };
    for (const keyword of patterns)
      if (schema[keyword] !== undefined) throw refusal(path, keyword, " there: patterns are held by grammars alone");
    if (schema.format !== undefined && typesOfTexts(schema) && !isAsked(schema.format))
      throw refusal(path, "format", ` with ${JSON.stringify(schema.format)} there`);
    for (const keyword of Object.keys(schema)) addAt(schema, keyword, path, depth + 1);
    if (schema.$ref === undefined) return;
    const { found, path: where } = places.find(schema.$ref, path);
    open.push({ given: found, path: where, depth: 0 });
  }

  return {
    add: (schema, keyword, path) => addAt(schema, keyword, path, 1),
    check() {
      for (let place = open.pop(); place; place = open.pop()) check(place);
    },
  };
}

const patterns = ["pattern", "patternProperties"];

/** Whether the validator looks at all that a schema without schemas within it asks of texts. */
export function isDecided(schema: Schema): boolean {
  return !patterns.some((keyword) => schema[keyword] !== undefined) && (schema.format === undefined || isAsked(schema.format));
}

function isAsked(format: unknown): boolean {
  return askedFormats.has(String(format)) || freeFormats.has(String(format));
}

function typesOfTexts({ type }: Schema): boolean {
  return type === undefined || [type].flat().includes("string");
}

/** @throws UsageError for a value that is not of the kind that its keyword asks for */
function checkValue(schema: Schema, keyword: string, path: string): void {
  const value = schema[keyword];
  const wrong = (expected: string): UsageError =>
    new UsageError(`schema: ${path}/${keyword}: ${JSON.stringify(value)} was given, expected ${expected}`);
  const names = (given: unknown, at: string, key: string): void => {
    if (list(given, at, key, 0).some((name) => typeof name !== "string")) throw wrong("names of properties");
  };
  if (counts.has(keyword)) count(schema, keyword, path, 0);
  if (numbers.has(keyword) && Number(number(schema, keyword, path)) <= 0 && keyword === "multipleOf") throw wrong("a number above 0");
  switch (keyword) {
    case "type":
      typesOf(schema, path);
      break;
    case "enum":
      list(value, path, keyword, 0);
      break;
    case "uniqueItems":
      if (typeof value !== "boolean") throw wrong("true or false");
      break;
    case "required":
      names(value, path, keyword);
      break;
    case "dependentRequired":
      for (const [name, given] of Object.entries(record(value, path, keyword))) names(given, `${path}/${keyword}`, escapePointer(name));
  }
}
