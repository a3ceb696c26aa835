// Whether asking a schema comes to an end: every reference leads somewhere, and none back to where it stands without a step into the value.
import { isJsonObject } from "../../formats/strict-json.ts";
import { schemaLists, schemaMaps, singleSchemas } from "./schema-keywords.ts";

/** Keywords whose schemas are asked of the same value. */
const inPlace = new Set(["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"]);
/** Those that nothing is asked of until a reference leads there. */
const shelves = new Set(["$defs", "definitions"]);

/**
 * @param target where the reference of a schema leads
 * @throws Error saying what is wrong
 */
export function checkReferences(whole: unknown, target: (schema: Readonly<Record<string, unknown>>) => unknown): void {
  const seen = new Map<unknown, "open" | "done">();
  const waiting: unknown[] = [whole];

  function walk(schema: unknown): void {
    if (!isJsonObject(schema) || seen.get(schema) === "done") return;
    if (seen.get(schema) === "open") throw new Error("a reference leads back to itself");
    seen.set(schema, "open");
    if (schema.$ref !== undefined) {
      const found = target(schema);
      if (found === undefined) throw new Error(`a reference leads nowhere: ${JSON.stringify(schema.$ref)}`);
      walk(found);
    }
    for (const [keyword, value] of Object.entries(schema)) {
      if (shelves.has(keyword)) continue;
      const inner = schemasIn(keyword, value);
      if (inPlace.has(keyword)) inner.forEach(walk);
      else waiting.push(...inner);
    }
    seen.set(schema, "done");
  }

  while (waiting.length > 0) walk(waiting.pop());
}

function schemasIn(keyword: string, value: unknown): readonly unknown[] {
  if (singleSchemas.has(keyword)) return [value];
  if (schemaLists.has(keyword) && Array.isArray(value)) return value;
  return schemaMaps.has(keyword) && isJsonObject(value) ? Object.values(value) : [];
}
