// What a grammar can enforce of a schema that asks for more, where the rest is put to a validator when the value is whole.
import { UsageError } from "../../errors.ts";
import { escapePointer, readSchema, refusal, type Schema, schemaMaps } from "./schema-keywords.ts";
import { stringFormats } from "./string-formats.ts";

/** Keywords that a validator decides about, and that no grammar holds, or not in every case. */
const checked = new Set(
  [
    "not if then else contains minContains maxContains uniqueItems propertyNames minProperties maxProperties",
    "dependentRequired dependentSchemas unevaluatedItems unevaluatedProperties multipleOf",
  ].flatMap((line) => line.split(" ")),
);

/** Keywords whose value is a schema, a list of schemas, schemas by name. */
const single = new Set(
  "items additionalProperties not if then else contains propertyNames unevaluatedItems unevaluatedProperties".split(" "),
);
const listed = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);

/** Schemas within each other: as many as may be enforced. */
const DEEPEST = 100;

/**
 * A schema of which every value that satisfies `root` is one too, without what a grammar cannot enforce.
 *
 * @throws UsageError naming what a validator does not decide either: it is asked no pattern, and has nothing against what it does not know. What cannot be
 * enforced in the schema that comes out is left to whom that is given
 */
export function loosenSchema(root: Schema): Schema {
  /** Something leads from where no grammar holds to anywhere. */
  let referred = false;

  /** @param free no grammar holds what stands here */
  function loosen(given: unknown, path: string, free: boolean, depth: number): unknown {
    if (depth > DEEPEST) throw new UsageError(`schema: ${path}: more than ${DEEPEST} schemas stand within each other`);
    if (typeof given !== "object" || given === null || Array.isArray(given)) return given;
    const schema = given as Schema;
    if (free) checkDecided(schema, path);
    const loose: Record<string, unknown> = {};
    for (const [keyword, value] of Object.entries(schema)) {
      const at = `${path}/${escapePointer(keyword)}`;
      // Whether exactly one option is satisfied is asked at the end.
      const inner = within(keyword, value, at, free || checked.has(keyword) || keyword === "oneOf", depth + 1);
      if (!isLeft(keyword, schema, path)) loose[keyword === "oneOf" ? "anyOf" : keyword] = inner;
    }
    return loose;
  }

  function within(keyword: string, value: unknown, path: string, free: boolean, depth: number): unknown {
    if (single.has(keyword)) return loosen(value, path, free, depth);
    if (listed.has(keyword) && Array.isArray(value)) return value.map((each, i) => loosen(each, `${path}/${i}`, free, depth));
    if (!schemaMaps.has(keyword) || typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, loosen(each, `${path}/${escapePointer(name)}`, free, depth)]),
    );
  }

  function checkDecided(schema: Schema, path: string): void {
    readSchema(Object.fromEntries(Object.entries(schema).filter(([keyword]) => !checked.has(keyword))), path);
    for (const keyword of ["pattern", "patternProperties"])
      if (schema[keyword] !== undefined) throw refusal(path, keyword, " there: patterns are held by grammars alone");
    referred ||= schema.$ref !== undefined;
    if (schema.format !== undefined && isOfTexts(schema)) checkFormat(schema, path);
  }

  const loose = loosen(root, "", false, 0) as Schema;
  if (referred) loosen(root, "", true, 0); // for what it refuses
  return loose;
}

/** Whether a grammar does without a keyword. */
function isLeft(keyword: string, schema: Schema, path: string): boolean {
  switch (keyword) {
    case "oneOf":
      return schema.anyOf !== undefined;
    case "format":
      if (schema.pattern === undefined) return false;
      checkFormat(schema, path);
      return true;
    case "minLength":
    case "maxLength":
      return schema.pattern !== undefined || schema.format !== undefined;
    default:
      return checked.has(keyword);
  }
}

function isOfTexts({ type }: Schema): boolean {
  return type === undefined || [type].flat().includes("string");
}

/** The validator has nothing against a format that it does not know. */
function checkFormat({ format }: Schema, path: string): void {
  if (!stringFormats.has(String(format))) throw refusal(path, "format", ` with ${JSON.stringify(format)}`);
}

/** Whether a text of a value has to match something. */
export function holdsPattern(schema: unknown, levels = 4 * DEEPEST): boolean {
  if (typeof schema !== "object" || schema === null) return false;
  if (levels === 0) return true;
  return Object.entries(schema).some(
    ([keyword, value]) => (keyword === "pattern" && typeof value === "string") || holdsPattern(value, levels - 1),
  );
}
