// What a grammar can enforce of a schema that asks for more, where the rest is put to a validator when the value is whole.
import { UsageError } from "../../errors.ts";
import { isJsonObject } from "../../formats/strict-json.ts";
import { createFreeSchemas, type FreeSchemas, isDecided } from "./free-schemas.ts";
import { createOptions } from "./options.ts";
import { createRules, type Rules } from "./rules.ts";
import { textKeywords } from "./scalar-rules.ts";
import {
  createSpelling,
  DEEPEST,
  escapePointer,
  isNever,
  readSchema,
  type Schema,
  schemaLists,
  schemaMaps,
  singleSchemas,
} from "./schema-keywords.ts";
import { createPlaces } from "./schema-places.ts";
import { textRule } from "./text-rules.ts";

/** Keywords that a validator decides about, and that no grammar holds, or not in every case. */
const checked = new Set(
  [
    "not if then else contains minContains maxContains uniqueItems propertyNames minProperties maxProperties",
    "dependentRequired dependentSchemas unevaluatedItems unevaluatedProperties multipleOf",
  ].flatMap((line) => line.split(" ")),
);

const ofTexts = new Set(["pattern", "format", "minLength", "maxLength"]);

/** Work of a look at an option of a oneOf. */
const LOOK = 0.01;

/** Where a schema that no value satisfies says that there is nothing. */
const mayBeNever = new Set(["properties", "patternProperties", "additionalProperties", "items", "anyOf", "oneOf"]);

/** A oneOf of a schema, and of what has become of it. */
interface Choice {
  readonly schema: Schema;
  readonly loose: Record<string, unknown>;
  readonly path: string;
}

/**
 * A schema of which every value that satisfies `root` is one too, without what a grammar cannot enforce.
 *
 * @throws UsageError naming what a validator does not decide either: it is asked no pattern, and has nothing against what it does not know. What cannot be
 * enforced in the schema that comes out is left to whom that is given
 */
export function loosenSchema(root: Schema): Schema {
  const rules = createRules();
  const free = createFreeSchemas(root, checked);
  const choices: Choice[] = [];

  function loosen(given: unknown, path: string, depth: number): unknown {
    if (depth > DEEPEST) throw new UsageError(`schema: ${path}: more than ${DEEPEST} schemas stand within each other`);
    if (!isJsonObject(given)) return given;
    const left = leftOf(rules, given, path);
    const loose: Record<string, unknown> = {};
    for (const [keyword, value] of Object.entries(given)) {
      if (left.has(keyword)) free.add(given, keyword, path);
      else loose[keyword] = within(keyword, value, `${path}/${escapePointer(keyword)}`, depth + 1);
    }
    if (loose.oneOf !== undefined) choices.push({ schema: given, loose, path });
    return loose;
  }

  function within(keyword: string, value: unknown, path: string, depth: number): unknown {
    const inner = (schema: unknown, at: string): unknown =>
      mayBeNever.has(keyword) && isNever(schema) ? schema : loosen(schema, at, depth);
    if (Array.isArray(value))
      return schemaLists.has(keyword) || keyword === "items" ? value.map((each, i) => inner(each, `${path}/${i}`)) : value;
    if (singleSchemas.has(keyword)) return inner(value, path);
    if (!schemaMaps.has(keyword) || !isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inner(each, `${path}/${escapePointer(name)}`)]));
  }

  const loose = loosen(root, "", 0) as Schema;
  loosenChoices(rules, loose, choices, free);
  free.check();
  return loose;
}

/** The keywords of a schema that the grammar does without. */
function leftOf(rules: Rules, schema: Schema, path: string): ReadonlySet<string> {
  const left = new Set(Object.keys(schema).filter((keyword) => checked.has(keyword)));
  // Of names the grammar knows more than a validator that is asked no patterns.
  if (isJsonObject(schema.propertyNames) && !isDecided(schema.propertyNames)) left.delete("propertyNames");
  if (schema.anyOf !== undefined && schema.oneOf !== undefined) left.add("oneOf");
  if (!isHeld(rules, schema, path)) {
    for (const keyword of ["minLength", "maxLength"]) if (schema[keyword] !== undefined) left.add(keyword);
    if (schema.pattern !== undefined && isDecided({ format: schema.format })) left.add("format");
  }
  return left;
}

/** Whether the grammar holds all that is asked of a text. */
function isHeld(rules: Rules, schema: Schema, path: string): boolean {
  if (schema.pattern === undefined && schema.format === undefined) return true;
  const asked = Object.fromEntries(Object.entries(schema).filter(([keyword]) => ofTexts.has(keyword)));
  try {
    textRule(rules, textKeywords({ schema: readSchema(asked, path), path }));
    return true;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

/** Whether exactly one option of a oneOf is satisfied is asked at the end, unless that holds of all values. Options may be choices themselves. */
function loosenChoices(rules: Rules, root: Schema, given: readonly Choice[], free: FreeSchemas): void {
  const spelling = createSpelling(rules.charge);
  let choices = given;
  for (let before = -1; choices.length !== before; ) {
    before = choices.length;
    const { optionsOf, checkApart } = createOptions(createPlaces(root), spelling, (path, depth) => {
      rules.charge(LOOK);
      if (depth > DEEPEST) throw new UsageError(`schema: ${path || "/"}: more than ${DEEPEST} schemas stand within each other`);
    });
    choices = choices.filter(({ schema, loose, path }) => {
      try {
        checkApart(optionsOf({ schema: readSchema(loose, path), path }, "oneOf"), path, 0);
        return true;
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
      }
      loose.anyOf = loose.oneOf;
      delete loose.oneOf;
      free.add(schema, "oneOf", path);
      return false;
    });
  }
}
