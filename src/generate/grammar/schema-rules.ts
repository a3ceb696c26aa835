// JSON Schema (2020-12) as rules. Only what is enforced to the letter is taken: XGrammar's own translation leaves out bounds of numbers, lengths beside
// patterns, allOf, not and more without a word, so that answers would look checked and not be. Where a schema leaves room, the grammar takes the plain part
// of it: properties come in the order of the schema, and an object that lists properties has no others unless it says so.
import { UsageError } from "../../errors.ts";
import { isJsonObject } from "../../formats/strict-json.ts";
import * as json from "./json-rules.ts";
import { DEFAULT_PLACES, numberInRange } from "./number-range.ts";
import { lengths, parseRegex, type Regex } from "./regex.ts";
import type { Rules } from "./rules.ts";
import {
  createSpelling,
  escapePointer,
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
import { stringFormats } from "./string-formats.ts";
import type { Validator } from "./validator.ts";

/** Schemas within the schema, each counted as often as it is looked at. */
const MOST_SCHEMAS = 5000;
/** Schemas within each other: the reader calls itself for each. */
const DEEPEST = 100;
/** Schemas of a oneOf: each is held against each. */
const MOST_APART = 500;
/** Items or values in one list. */
const MOST_ITEMS = 10_000;
/** Work of a letter of a pattern, which is read each time that its schema is looked at. */
const PATTERN_LETTER = 0.001;

const types = ["object", "array", "string", "number", "integer", "boolean", "null"] as const;
type Type = (typeof types)[number];

/** Keywords that say something about values of one type only. */
const keywordsOf: Readonly<Record<"object" | "array" | "string" | "number", readonly string[]>> = {
  object: ["properties", "required", "additionalProperties", "minProperties", "maxProperties"],
  array: ["items", "prefixItems", "minItems", "maxItems", "uniqueItems"],
  string: ["minLength", "maxLength", "pattern", "format"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
};

/** Some properties of an object. */
interface Part {
  /** Of the grammar: a sequence without alternatives. */
  readonly text: string;
  /** Whether one of them has to be there. */
  readonly required: boolean;
}

/**
 * The rule of the JSON texts that satisfy `root`.
 *
 * @throws UsageError naming what cannot be enforced, and for a schema that no finite value satisfies
 */
export function schemaRule(rules: Rules, root: unknown, validator: Validator): string {
  /** Rules of schemas that references lead to, by pointer. */
  const referred = new Map<string, string>();
  /** Where references lead. */
  const followed = new Map<unknown, Placed>();
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
    const { $ref, allOf, anyOf, oneOf, ...rest } = schema;
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
      const options = list(anyOf ?? oneOf, path, keyword).map((option, i) => {
        const optionPath = `${path}/${keyword}/${i}`;
        return { schema: readSchema(option, optionPath), path: optionPath };
      });
      if (keyword === "oneOf") checkApart(options, path);
      const alone = Object.keys(rest).length === 0; // then references stay what they are, and may lead back here
      const whole = (option: Placed): Placed => (alone ? option : mergeSchemas(resolve(option), { schema: rest, path }, spelling));
      return choice(options.map((option) => valueAt(whole(option), depth + 1)));
    }
    if (schema.enum !== undefined || schema.const !== undefined) return constants(schema, path, depth);
    if (Object.keys(schema).length === 0) return json.any(rules);
    return choice(typesOf(schema, path).map((type) => typed(type, placed, depth)));
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

  /** Follows references, where nothing stands beside them. */
  function resolve(placed: Placed): Placed {
    let { schema, path } = placed;
    for (let steps = 0; schema.$ref !== undefined && Object.keys(schema).length === 1; steps++) {
      if (steps > DEEPEST) throw refusal(placed.path, "$ref", ": it leads to itself");
      ({ schema, path } = follow(schema.$ref, path));
    }
    return { schema, path };
  }

  function follow($ref: unknown, path: string): Placed {
    const known = followed.get($ref);
    if (known) return known;
    const target = pointer($ref, path);
    let found: unknown = root;
    for (const part of target) {
      const inside = Array.isArray(found) ? Object.fromEntries(Object.entries(found)) : objectOf(found);
      if (!Object.hasOwn(inside, part)) throw new UsageError(`schema: ${path}/$ref: there is no ${JSON.stringify($ref)}`);
      found = inside[part];
    }
    const where = target.map((part) => `/${escapePointer(part)}`).join("");
    const placed = { schema: readSchema(found, where), path: where };
    followed.set($ref, placed);
    return placed;
  }

  function pointer($ref: unknown, path: string): string[] {
    if (typeof $ref !== "string" || !/^#(\/.*)?$/s.test($ref)) {
      throw refusal(path, "$ref", `: ${JSON.stringify($ref)} was given, expected a place in the same schema, as "#/$defs/name"`);
    }
    try {
      const parts = decodeURIComponent($ref).split("/").slice(1);
      return parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
    } catch {
      throw refusal(path, "$ref", `: ${JSON.stringify($ref)} has a broken %-sequence`);
    }
  }

  function reference($ref: unknown, path: string, depth: number): string {
    const target = resolve({ schema: { $ref }, path });
    const known = referred.get(target.path);
    if (known !== undefined) return known;
    const name = rules.reserve();
    referred.set(target.path, name);
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
    checkBeside({ schema: asked, path }, depth);
    const allowed = Object.keys(asked).length === 0 ? given : given.filter((value) => validator.satisfies(value, asked));
    if (allowed.length === 0)
      throw new UsageError(
        `schema: ${path || "/"}: none of the values of its ${schema.enum === undefined ? '"const"' : '"enum"'} is allowed`,
      );
    return rules.rule([...new Set(allowed.map((value) => json.constant(rules, value)))].join(" | "));
  }

  /**
   * What stands beside constants is no grammar's matter, but put to another implementation: there patterns, and formats that are not known here, could last
   * for ever, and so could references that lead back to themselves.
   */
  function checkBeside({ schema, path }: Placed, depth: number): void {
    look(path, depth);
    if (schema.pattern !== undefined) throw refusal(path, "pattern", ' beside "enum" or "const"');
    if (schema.format !== undefined) formatRegex(schema.format, path);
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

  function typed(type: Type, { schema, path }: Placed, depth: number): string {
    switch (type) {
      case "object":
        return object(schema, path, depth);
      case "array":
        return array(schema, path, depth);
      case "string":
        return text(schema, path);
      case "number":
      case "integer":
        return numeric(schema, path, type === "integer");
      case "boolean":
        return rules.rule('"true" | "false"');
      case "null":
        return rules.literal("null");
    }
  }

  function object(schema: Schema, path: string, depth: number): string {
    const listed = record(schema.properties, path, "properties");
    const required = new Set(list(schema.required ?? [], path, "required", 0));
    const open = schema.additionalProperties ?? Object.keys(listed).length === 0;
    const missing = [...required].filter((name) => !Object.hasOwn(listed, String(name)));
    if (open === false && missing.length > 0) {
      throw new UsageError(`schema: ${path}/required: ${JSON.stringify(missing[0])} is required, and no property may have that name`);
    }
    const others = open === false ? undefined : value(open, `${path}/additionalProperties`, depth + 1);
    const properties = [
      ...Object.entries(listed).map(([name, given]) => ({
        name,
        rule: value(given, `${path}/properties/${escapePointer(name)}`, depth + 1),
        required: required.has(name),
      })),
      ...missing.map((name) => ({ name: String(name), rule: others ?? json.any(rules), required: true })),
    ];
    const least = count(schema, "minProperties", path, 0);
    const most = count(schema, "maxProperties", path, Number.POSITIVE_INFINITY);
    if (least > Math.max(required.size, others === undefined || properties.length > 0 ? 0 : 1)) {
      throw refusal(path, "minProperties", ": list the properties that have to be there as required");
    }
    if (most < properties.length || (most < Number.POSITIVE_INFINITY && others !== undefined)) {
      throw refusal(path, "maxProperties", ": list fewer properties, and no additional ones");
    }
    const entry = (key: string, rule: string): string => `${key} ${json.colon} ${rule}`;
    const key =
      others === undefined
        ? ""
        : json.otherKey(
            rules,
            properties.map(({ name }) => name),
          );
    const parts: Part[] = properties.map(({ name, rule, required }) => ({
      text: entry(rules.literal(JSON.stringify(name)), rule),
      required,
    }));
    if (others !== undefined) {
      const other = entry(key, others);
      parts.push({ text: rules.rule(`${other} (${json.comma} ${other})*`), required: least > required.size });
    }
    const all = inOrder(parts);
    const name = rules.rule(all ? `"{" ${all.required ? all.text : `(${all.text})?`} "}"` : '"{" "}"');
    const needed = properties.filter(({ required }) => required).map(({ rule }) => rule);
    rules.finiteIf(name, (ends) => needed.every(ends));
    return name;
  }

  /**
   * At least one of the parts, all that are required, in their order. A tree of halves: a chain of rules, each for what may come behind a part, would have
   * all that follow looked into from each of its places.
   */
  function inOrder(parts: readonly Part[]): Part | undefined {
    if (parts.length <= 1) return parts[0];
    const middle = parts.length >> 1;
    const [left, right] = [inOrder(parts.slice(0, middle))!, inOrder(parts.slice(middle))!];
    const both = `${left.text} ${json.comma} ${right.text}`;
    if (left.required && right.required) return { text: both, required: true };
    const one = [left, right].filter((_, i) => ![right, left][i].required).map(({ text }) => text);
    return { text: rules.rule([both, ...one].join(" | ")), required: left.required || right.required };
  }

  function array(schema: Schema, path: string, depth: number): string {
    if (schema.uniqueItems !== undefined && schema.uniqueItems !== false)
      throw refusal(path, "uniqueItems", ": leave it out, or say it in the prompt");
    const prefix = list(schema.prefixItems ?? [], path, "prefixItems", 0).map((item, i) =>
      value(item, `${path}/prefixItems/${i}`, depth + 1),
    );
    const least = count(schema, "minItems", path, 0);
    const closed = schema.items === false || (schema.items === undefined && prefix.length > 0 && least <= prefix.length);
    const item = closed ? undefined : value(schema.items ?? true, `${path}/items`, depth + 1);
    const most = Math.min(count(schema, "maxItems", path, Number.POSITIVE_INFINITY), closed ? prefix.length : Number.POSITIVE_INFINITY);
    if (least > most) throw new UsageError(`schema: ${path || "/"}: at least ${least} items are asked for, at most ${most} are allowed`);
    // From the last item to the first, as with properties: each of the prefix may be left out where all behind it are.
    const front = prefix.slice(0, most);
    const repeat = (from: number): string => {
      const [min, max] = [Math.max(0, least - from), most - from];
      return item === undefined || max <= 0 ? '""' : rules.repeat(`${json.comma} ${item}`, min, max);
    };
    let body = front.length > 0 ? repeat(front.length) : first(item, least, most, () => repeat(1));
    for (const [i, rule] of [...front.entries()].reverse()) {
      const from = `${i === 0 ? "" : `${json.comma} `}${rule} ${body}`;
      body = i >= least ? `(${from})?` : from;
    }
    const name = rules.rule(`"[" ${body} "]"`);
    const needed = [...front.slice(0, least), ...(least > front.length && item !== undefined ? [item] : [])];
    rules.finiteIf(name, (ends) => needed.every(ends));
    return name;
  }

  function first(item: string | undefined, least: number, most: number, rest: () => string): string {
    if (item === undefined || most === 0) return '""';
    return `(${item} ${rest()})${least > 0 ? "" : "?"}`;
  }

  function text(schema: Schema, path: string): string {
    const { pattern, format } = schema;
    const least = count(schema, "minLength", path, 0);
    const most = count(schema, "maxLength", path, Number.POSITIVE_INFINITY);
    if (least > most)
      throw new UsageError(`schema: ${path || "/"}: at least ${least} characters are asked for, at most ${most} are allowed`);
    if (pattern === undefined && format === undefined) return json.string(rules, least, most);
    if (pattern !== undefined && format !== undefined) throw refusal(path, "format", ' beside "pattern"');
    const keyword = pattern === undefined ? "format" : "pattern";
    const regex = pattern === undefined ? formatRegex(format, path) : patternRegex(pattern, path);
    rules.charge(PATTERN_LETTER * String(pattern ?? "").length);
    const possible = lengths(regex);
    if (possible.least < least) throw refusal(path, "minLength", ` beside "${keyword}": say it in the pattern, as .{${least},}`);
    if (possible.most > most) throw refusal(path, "maxLength", ` beside "${keyword}": say it in the pattern, as .{0,${most}}`);
    return json.quoted(rules, regex);
  }

  function numeric(schema: Schema, path: string, isInteger: boolean): string {
    const bound = (keyword: string): number | undefined => {
      const given = schema[keyword];
      if (given === undefined || (typeof given === "number" && Number.isFinite(given))) return given;
      throw new UsageError(`schema: ${path}/${keyword}: ${JSON.stringify(given)} was given, expected a number`);
    };
    const step = bound("multipleOf");
    const places = step === undefined ? undefined : -Math.round(Math.log10(step));
    if (places !== undefined && !(places >= 0 && places <= DEFAULT_PLACES && Number(`1e-${places}`) === step)) {
      throw refusal(path, "multipleOf", ` with ${step}: 1, 0.1, 0.01 and so on can be`);
    }
    const [least, above, most, below] = ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"].map(bound);
    if ([least, above, most, below, step].every((given) => given === undefined))
      return isInteger ? json.integer(rules) : json.number(rules);
    const leastExcluded = above !== undefined && above >= (least ?? Number.NEGATIVE_INFINITY);
    const mostExcluded = below !== undefined && below <= (most ?? Number.POSITIVE_INFINITY);
    const range = { least: leastExcluded ? above : least, most: mostExcluded ? below : most, leastExcluded, mostExcluded };
    return numberInRange(
      rules,
      { ...range, places: isInteger ? 0 : (places ?? DEFAULT_PLACES), exactPlaces: places !== undefined },
      `schema: ${path || "/"}`,
    );
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

function list(given: unknown, path: string, keyword: string, least = 1): readonly unknown[] {
  if (Array.isArray(given) && given.length >= least) return given;
  throw new UsageError(
    `schema: ${path}/${keyword}: ${JSON.stringify(given)} was given, expected a list${least > 0 ? " with at least one item" : ""}`,
  );
}

function record(given: unknown, path: string, keyword: string): Readonly<Record<string, unknown>> {
  if (given === undefined || isJsonObject(given)) return objectOf(given);
  throw new UsageError(`schema: ${path}/${keyword}: ${JSON.stringify(given)} was given, expected an object`);
}

function count(schema: Schema, keyword: string, path: string, otherwise: number): number {
  const given = schema[keyword] ?? otherwise;
  if (given === Number.POSITIVE_INFINITY) return given;
  if (!Number.isSafeInteger(given) || Number(given) < 0) {
    throw new UsageError(`schema: ${path}/${keyword}: ${JSON.stringify(given)} was given, expected a whole number from 0`);
  }
  if (Number(given) > MOST_ITEMS && keyword.startsWith("min")) {
    throw new UsageError(`schema: ${path}/${keyword}: ${given} was given, ${MOST_ITEMS} at most can be enforced`);
  }
  return Number(given);
}

function patternRegex(pattern: unknown, path: string): Regex {
  if (typeof pattern !== "string") throw new UsageError(`schema: ${path}/pattern: ${JSON.stringify(pattern)} was given, expected a text`);
  return parseRegex(pattern, false, `schema: ${path}/pattern`);
}

function formatRegex(format: unknown, path: string): Regex {
  const source = stringFormats.get(String(format));
  if (source === undefined)
    throw refusal(path, "format", ` with ${JSON.stringify(format)}: known are ${[...stringFormats.keys()].join(", ")}`);
  return parseRegex(source, true, `schema: ${path}/format`);
}
