// JSON Schema (2020-12) as rules. Only what is enforced to the letter is taken: XGrammar's own translation leaves out bounds of numbers, lengths beside
// patterns, allOf, not and more without a word, so that answers would look checked and not be. Where a schema leaves room, the grammar takes the plain part
// of it: properties come in the order of the schema, and an object that lists properties has no others unless it says so.
import { UsageError } from "../../errors.ts";
import { arrayRule } from "./array-rules.ts";
import { matches } from "./automaton.ts";
import * as json from "./json-rules.ts";
import { list, MOST_ITEMS, record, texts } from "./keyword-values.ts";
import { objectRule, type SchemaReader } from "./object-rules.ts";
import type { Rules } from "./rules.ts";
import { numberRule, textKeywords } from "./scalar-rules.ts";
import {
  createSpelling,
  escapePointer,
  isNever,
  mergeAll,
  mergeSchemas,
  objectOf,
  PER_VALUE,
  type Placed,
  readSchema,
  refusal,
  type Schema,
  type Spelling,
} from "./schema-keywords.ts";
import { createPlaces } from "./schema-places.ts";
import { checkFormat, textAutomaton, textRule } from "./text-rules.ts";
import type { Validator } from "./validator.ts";

/** Schemas within the schema, each counted as often as it is looked at. */
const MOST_SCHEMAS = 5000;
/** Schemas within each other: the reader calls itself for each. */
const DEEPEST = 100;
/** Schemas of a oneOf: each is held against each. */
const MOST_APART = 500;

const types = ["object", "array", "string", "number", "integer", "boolean", "null"] as const;
type Type = (typeof types)[number];

/** Keywords that say something about values of one type only. */
const keywordsOf: Readonly<Record<"object" | "array" | "string" | "number", readonly string[]>> = {
  object: ["properties", "required", "patternProperties", "additionalProperties", "propertyNames", "minProperties", "maxProperties"],
  array: ["items", "prefixItems", "minItems", "maxItems", "uniqueItems"],
  string: ["minLength", "maxLength", "pattern", "format"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
};

/** One of several schemas. */
interface Option extends Placed {
  /** The name of its rule among those that references lead to. */
  readonly shared?: string;
}

/**
 * The rule of the JSON texts that satisfy `root`.
 *
 * @throws UsageError naming what cannot be enforced, and for a schema that no finite value satisfies
 */
export function schemaRule(rules: Rules, root: unknown, validator: Validator): string {
  /** Rules of schemas that references lead to, by pointer. */
  const referred = new Map<string, string>();
  const { follow, resolve } = createPlaces(root);
  const spelling = createSpelling(rules.charge);
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
      if (keyword === "oneOf")
        checkApart(
          options.flatMap((option) => innermost(option, depth)),
          path,
        );
      const alone = Object.keys(rest).length === 0; // then references stay what they are, and may lead back here
      const whole = (option: Placed): Placed => (alone ? option : mergeSchemas(resolve(option), { schema: rest, path }, spelling));
      return choice(options.map((option) => (alone && option.shared ? shared(option, depth) : valueAt(whole(option), depth + 1))));
    }
    if (schema.enum !== undefined || schema.const !== undefined) return constants(schema, path, depth);
    if (Object.keys(schema).length === 0) return json.any(rules);
    return choice(typesOf(schema, path).map((type) => typed(type, placed, depth)));
  }

  /** Those that a value can satisfy. By a discriminator's name options are told apart, so that one that may leave it out has to have it here. */
  function optionsOf({ schema, path }: Placed, keyword: "anyOf" | "oneOf"): Option[] {
    const tag = keyword === "oneOf" ? objectOf(schema.discriminator).propertyName : undefined;
    const possible = list(schema[keyword], path, keyword).flatMap((given, i) =>
      isNever(given) ? [] : [{ given, path: `${path}/${keyword}/${i}` }],
    );
    if (possible.length === 0) throw new UsageError(`schema: ${path || "/"}: no value satisfies any of its ${JSON.stringify(keyword)}`);
    return possible.map(({ given, path }) => {
      const option = { schema: readSchema(given, path), path };
      if (typeof tag !== "string") return option;
      const found = resolve(option);
      const required = list(found.schema.required ?? [], found.path, "required", 0);
      if (required.includes(tag) || !Object.hasOwn(objectOf(found.schema.properties), tag)) return option;
      return { schema: { ...found.schema, required: [...required, tag] }, path: found.path, shared: `${found.path} with ${tag}` };
    });
  }

  /** What an option is a choice of, where it is one and nothing else. */
  function innermost(option: Placed, depth: number): Placed[] {
    look(option.path, depth);
    const found = resolve(option);
    const { oneOf, discriminator: _, ...rest } = found.schema;
    if (oneOf === undefined || Object.keys(rest).length > 0) return [option];
    return optionsOf(found, "oneOf").flatMap((inner) => innermost(inner, depth + 1));
  }

  /** oneOf is anyOf where no value can satisfy two options: they differ in type, or in a property that all of them require. */
  function checkApart(options: readonly Placed[], path: string): void {
    if (options.length > MOST_APART) throw refusal(path, "oneOf", ` with ${options.length} schemas, ${MOST_APART} at most: use "anyOf"`);
    const marks = options.map((option) => marksOf(resolve(option), spelling));
    const both = (a: Marks, b: Marks): UsageError =>
      refusal(path, "oneOf", `: nothing says that no value satisfies both ${a.path} and ${b.path}: use "anyOf"`);
    /** Whose each constant is. */
    const owners = new Map<string, Marks>();
    for (const option of marks) {
      for (const value of option.constants ?? []) {
        const owner = owners.get(value);
        if (owner) throw both(owner, option);
        owners.set(value, option);
      }
    }
    for (const [i, a] of marks.entries()) {
      for (const b of marks.slice(i + 1)) if (!(a.constants && b.constants) && !apart(a, b, spelling)) throw both(a, b);
    }
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

function typesOf(schema: Schema, path: string): Type[] {
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

/** What sets an option of a oneOf apart from others, spelled once. */
interface Marks {
  readonly path: string;
  /** Undefined where it has others than constants. */
  readonly constants: ReadonlySet<string> | undefined;
  readonly kinds: readonly string[];
  /** The constants of properties that have to be there, by name. */
  readonly properties: ReadonlyMap<string, ReadonlySet<string>>;
}

function marksOf({ schema, path }: Placed, { all }: Spelling): Marks {
  const constants = constantsOf(schema);
  const properties = new Map<string, ReadonlySet<string>>();
  const listed = objectOf(schema.properties);
  for (const name of schema.type === "object" && Array.isArray(schema.required) ? schema.required : []) {
    const values = constantsOf(objectOf(Object.hasOwn(listed, name) ? listed[name] : undefined));
    if (values) properties.set(name, new Set(all(values)));
  }
  return { path, constants: constants && new Set(all(constants)), kinds: kindsOf(schema, path), properties };
}

function apart(a: Marks, b: Marks, { charge }: Spelling): boolean {
  if (!a.kinds.some((kind) => b.kinds.includes(kind))) return true;
  return [...a.properties].some(([name, values]) => {
    const others = b.properties.get(name);
    charge(PER_VALUE * (others ? values.size : 1));
    return others !== undefined && ![...values].some((value) => others.has(value));
  });
}

function constantsOf(schema: Schema): readonly unknown[] | undefined {
  if ("const" in schema) return [schema.const];
  if (schema.type === "null") return [null];
  return Array.isArray(schema.enum) ? schema.enum : undefined;
}

/** Types as far as they are surely apart: any without one, and integers are numbers. */
function kindsOf(schema: Schema, path: string): string[] {
  const constants = constantsOf(schema);
  if (constants) return [...new Set(constants.map((value) => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value)))];
  if (schema.type === undefined) return ["object", "array", "string", "number", "boolean", "null"];
  return typesOf(schema, path).map((type) => (type === "integer" ? "number" : type));
}

function without(schema: Schema, keyword: string): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== keyword));
}
