// JSON Schema (2020-12) as rules. Only what is enforced to the letter is taken: XGrammar's own translation leaves out bounds of numbers, lengths beside
// patterns, allOf, not and more without a word, so that answers would look checked and not be. Where a schema leaves room, the grammar takes the plain part
// of it: properties come in the order of the schema, and an object that lists properties has no others unless it says so.
import { UsageError } from "../../errors.ts";
import { arrayRule } from "./array-rules.ts";
import { matches } from "./automaton.ts";
import * as json from "./json-rules.ts";
import { list, MOST_ITEMS, record, texts } from "./keyword-values.ts";
import { objectRule, type SchemaReader } from "./object-rules.ts";
import { createOptions, type Option } from "./options.ts";
import type { Rules } from "./rules.ts";
import { numberRule, textKeywords } from "./scalar-rules.ts";
import {
  createSpelling,
  DEEPEST,
  escapePointer,
  mergeAll,
  mergeSchemas,
  type Placed,
  readSchema,
  refusal,
  type Schema,
} from "./schema-keywords.ts";
import { createPlaces } from "./schema-places.ts";
import { type Type, typesOf } from "./schema-types.ts";
import { checkFormat, textAutomaton, textRule } from "./text-rules.ts";
import type { Validator } from "./validator.ts";

/** Schemas within the schema, each counted as often as it is looked at. */
const MOST_SCHEMAS = 5000;

/**
 * The rule of the JSON texts that satisfy `root`.
 *
 * @throws UsageError naming what cannot be enforced, and for a schema that no finite value satisfies
 */
export function schemaRule(rules: Rules, root: unknown, validator: Validator): string {
  /** Rules of schemas that references lead to, by pointer. */
  const referred = new Map<string, string>();
  const places = createPlaces(root);
  const { follow, resolve } = places;
  const spelling = createSpelling(rules.charge);
  const { optionsOf, checkApart } = createOptions(places, spelling, look);
  let looked = 0;

  function value(given: unknown, path: string, depth: number): string {
    return valueAt({ schema: readSchema(given, path), path }, depth);
  }

  function look(path: string, depth: number): void {
    if (++looked > MOST_SCHEMAS)
      throw new UsageError(`schema: it has more than ${MOST_SCHEMAS} parts, references followed: make it smaller`);
    if (depth > DEEPEST) throw new UsageError(`schema: ${path || "/"}: more than ${DEEPEST} schemas stand within each other`);
  }

  function valueAt(placed: Placed, depth: number): string {
    const { schema, path } = placed;
    look(path, depth);
    const { $ref, allOf, anyOf, oneOf, discriminator: _, ...rest } = schema;
    if ($ref !== undefined) {
      if (Object.keys(schema).length === 1) return reference($ref, path, depth);
      return valueAt(mergeSchemas({ schema: without(schema, "$ref"), path }, follow($ref, path), spelling), depth + 1);
    }
    if (allOf !== undefined) {
      const parts = list(allOf, path, "allOf").map((part, i) => {
        const partPath = `${path}/allOf/${i}`;
        look(partPath, depth);
        return { schema: readSchema(part, partPath), path: partPath };
      });
      return valueAt(mergeAll([{ schema: without(schema, "allOf"), path }, ...parts], spelling), depth + 1);
    }
    if (anyOf !== undefined && oneOf !== undefined) throw refusal(path, "oneOf", ' beside "anyOf"');
    if (anyOf !== undefined || oneOf !== undefined) {
      const keyword = anyOf === undefined ? "oneOf" : "anyOf";
      const options = optionsOf({ schema, path }, keyword);
      if (keyword === "oneOf") checkApart(options, path, depth);
      const alone = Object.keys(rest).length === 0; // then references stay what they are, and may lead back here
      const whole = (option: Placed): Placed => (alone ? option : mergeSchemas(resolve(option), { schema: rest, path }, spelling));
      return choice(options.map((option) => (alone && option.shared ? shared(option, depth) : valueAt(whole(option), depth + 1))));
    }
    if (schema.enum !== undefined || schema.const !== undefined) return constants(schema, path, depth);
    if (Object.keys(schema).length === 0) return json.any(rules);
    return choice(typesOf(schema, path).map((type) => typed(type, placed, depth)));
  }

  function choice(names: readonly string[]): string {
    if (names.length === 1) return names[0];
    const name = rules.rule(names.join(" | "));
    rules.finiteIf(name, (ends) => names.some(ends));
    return name;
  }

  function reference($ref: unknown, path: string, depth: number): string {
    const target = resolve({ schema: { $ref }, path });
    return shared({ ...target, shared: target.path }, depth);
  }

  /** One rule for a schema that several places, and its own parts, may lead to. */
  function shared(target: Option, depth: number): string {
    const key = target.shared ?? target.path;
    const known = referred.get(key);
    if (known !== undefined) return known;
    const name = rules.reserve();
    referred.set(key, name);
    const body = valueAt(target, depth + 1);
    rules.define(name, body);
    rules.finiteIf(name, (ends) => ends(body));
    return name;
  }

  function constants(schema: Schema, path: string, depth: number): string {
    const given = schema.enum === undefined ? [schema.const] : list(schema.enum, path, "enum");
    if (given.length > MOST_ITEMS)
      throw new UsageError(`schema: ${path}/enum: ${given.length} values, ${MOST_ITEMS} at most can be enforced`);
    // What else is asked of the values is decided here and now.
    const asked = without(schema.enum === undefined || schema.const === undefined ? without(schema, "const") : schema, "enum");
    const matched = asked.pattern === undefined ? given : matching(given, { schema: asked, path });
    // A pattern says all that a format beside it does.
    const left = asked.pattern === undefined ? asked : without(without(asked, "pattern"), "format");
    checkBeside({ schema: left, path }, depth);
    const allowed = Object.keys(left).length === 0 ? matched : matched.filter((value) => validator.satisfies(value, left));
    if (allowed.length === 0)
      throw new UsageError(
        `schema: ${path || "/"}: none of the values of its ${schema.enum === undefined ? '"const"' : '"enum"'} is allowed`,
      );
    return rules.rule([...new Set(allowed.map((value) => json.constant(rules, value)))].join(" | "));
  }

  /** Those of some values that patterns and formats allow, and all that are no texts. */
  function matching(values: readonly unknown[], placed: Placed): readonly unknown[] {
    const automaton = textAutomaton(rules, textKeywords(placed), []);
    if (!automaton) throw refusal(placed.path, "pattern", ' beside "enum" or "const": it is too large');
    return values.filter((value) => typeof value !== "string" || matches(automaton, value));
  }

  /**
   * What stands beside constants is no grammar's matter, but put to another implementation: there patterns, and formats that are not known here, could last
   * for ever, and so could references that lead back to themselves.
   */
  function checkBeside({ schema, path }: Placed, depth: number): void {
    look(path, depth);
    for (const keyword of ["pattern", "patternProperties", "propertyNames"])
      if (schema[keyword] !== undefined) throw refusal(path, keyword, ' beside "enum" or "const"');
    for (const format of texts(schema, "format")) checkFormat(format, path, false);
    if (schema.$ref !== undefined) checkBeside(follow(schema.$ref, path), depth + 1);
    const within: [unknown, string][] = [
      ...["allOf", "anyOf", "oneOf", "prefixItems"].flatMap((keyword) =>
        list(schema[keyword] ?? [], path, keyword, 0).map((part, i): [unknown, string] => [part, `${path}/${keyword}/${i}`]),
      ),
      ...["items", "additionalProperties"].map((keyword): [unknown, string] => [schema[keyword] ?? true, `${path}/${keyword}`]),
      ...Object.entries(record(schema.properties, path, "properties")).map(([name, part]): [unknown, string] => [
        part,
        `${path}/properties/${escapePointer(name)}`,
      ]),
    ];
    for (const [part, at] of within) if (typeof part !== "boolean") checkBeside({ schema: readSchema(part, at), path: at }, depth + 1);
  }

  const reader: SchemaReader = { rules, value, resolve };

  function typed(type: Type, placed: Placed, depth: number): string {
    switch (type) {
      case "object":
        return objectRule(reader, placed, depth);
      case "array":
        return arrayRule(reader, placed, depth);
      case "string":
        return textRule(rules, textKeywords(placed));
      case "number":
      case "integer":
        return numberRule(rules, placed, type === "integer");
      case "boolean":
        return rules.rule('"true" | "false"');
      case "null":
        return rules.literal("null");
    }
  }

  const rule = value(root, "", 0);
  if (!rules.hasFinite(rule)) throw new UsageError("schema: every value of it has to hold another one of the same kind, without end");
  return rule;
}

function without(schema: Schema, keyword: string): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== keyword));
}
