// The types of values that a schema speaks of.
import { UsageError } from "../../errors.ts";
import type { Schema } from "./schema-keywords.ts";

const types = ["object", "array", "string", "number", "integer", "boolean", "null"] as const;
export type Type = (typeof types)[number];

/** Keywords that say something about values of one type only. */
const keywordsOf: Readonly<Record<"object" | "array" | "string" | "number", readonly string[]>> = {
  object: ["properties", "required", "patternProperties", "additionalProperties", "propertyNames", "minProperties", "maxProperties"],
  array: ["items", "prefixItems", "minItems", "maxItems", "uniqueItems"],
  string: ["minLength", "maxLength", "pattern", "format"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
};

/** @throws UsageError for what is no type */
export function typesOf(schema: Schema, path: string): Type[] {
  if (schema.type === undefined) {
    const meant = Object.entries(keywordsOf).filter(([, keywords]) => keywords.some((keyword) => keyword in schema));
    // A schema says nothing about values of other types than its keywords'; they could come, and nobody would want them.
    return meant.length > 0 ? meant.map(([type]) => type as Type) : ["object", "array", "string", "number", "boolean", "null"];
  }
  const given = [schema.type].flat();
  const wrong = given.find((type) => !types.includes(type as Type));
  if (wrong !== undefined || given.length === 0) {
    throw new UsageError(
      `schema: ${path}/type: ${JSON.stringify(wrong ?? schema.type)} was given, expected one or more of ${types.join(", ")}`,
    );
  }
  return given.includes("number") ? (given.filter((type) => type !== "integer") as Type[]) : (given as Type[]);
}
