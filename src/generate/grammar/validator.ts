// Values put to another implementation of JSON Schema. A stranger wrote the schema, and the answer comes in the thread that everybody waits for: so no pattern
// is ever put to an engine that tries one way after another, and the steps are counted: a schema that is written in few letters can be asked in more ways than there is time.
import { UsageError } from "../../errors.ts";
import { isJsonObject } from "../../formats/strict-json.ts";
import { checkReferences } from "./check-references.ts";
import { inNewKeywords } from "./older-keywords.ts";
import { type Schema, schemaMaps } from "./schema-keywords.ts";
import { createPlaces, type SchemaPlaces } from "./schema-places.ts";
import { stringFormats } from "./string-formats.ts";
import { createTextChecks, type TextChecks } from "./text-checks.ts";

/** Schemas that are held against values, for one answer, or for all constants of a schema. So many take 0.1 to 1.3 s. */
const MOST_STEPS = 200_000;

/** Formats that the other implementation knows, and reads in one go. */
export const askedFormats: ReadonlySet<string> = new Set(
  "date time date-time duration uuid email hostname ipv4 ipv6 uri uri-reference json-pointer relative-json-pointer".split(" "),
);

export interface Validator {
  /** Reads the whole schema; else it is read when the first value comes. @throws UsageError for one that values cannot be checked against */
  read(): void;
  /**
   * Whether a value satisfies a schema, patterns left out, by an implementation other than this one.
   *
   * @param schema whose references lead into the whole; by default the whole
   * @throws UsageError as read()
   */
  satisfies(value: unknown, schema?: Readonly<Record<string, unknown>>): boolean;
  /**
   * Whether a value satisfies the whole schema, patterns too.
   *
   * @returns undefined where it does as far as can be told: not all patterns could be asked
   * @throws UsageError as read()
   */
  fits(value: unknown): boolean | undefined;
}

/** @param root the whole schema */
export async function createValidator(root: unknown): Promise<Validator> {
  const { validate, dereference, format } = await import("@cfworker/json-schema");
  const asked = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw new UsageError(`schema: values cannot be checked against it: ${(cause as Error).message.split("\n")[0]}`, { cause });
    }
  };
  let steps = 0;
  const step = (): void => {
    if (++steps > MOST_STEPS)
      throw new Error(`that takes more than ${MOST_STEPS} steps: ask for fewer values, and offer fewer ways to say the same`);
  };
  const checks = createTextChecks();
  const asking = { step, places: createPlaces(root), checks, leftOut: false };
  let known: { readonly whole: object; readonly places: ReturnType<typeof dereference> } | undefined;
  const read = (): NonNullable<typeof known> => {
    if (!known) {
      const whole = askable(root, asking) as object;
      const places = dereference(whole);
      checkReferences(whole, ({ __absolute_ref__: uri, $ref }) => places[String(uri ?? $ref)]);
      known = { whole, places };
    }
    return known;
  };
  /** Others than the whole, and what became of them. */
  const parts = new WeakMap<object, object>();
  let count = 0;
  const partOf = (schema: object): object => {
    let part = parts.get(schema);
    if (!part) {
      part = askable(schema, asking) as object;
      dereference(part, read().places, undefined, `/ part ${count++}`); // a place that no reference leads to
      parts.set(schema, part);
    }
    return part;
  };
  return {
    read: () => void asked(read),
    satisfies: (value, schema) =>
      asked(() => {
        const { whole, places } = read();
        if (!schema) steps = 0;
        return validate(value, schema ? partOf(schema) : whole, "2020-12", places).valid;
      }),
    fits: (value) =>
      asked(() => {
        const { whole, places } = read();
        steps = 0;
        const valid = checks.during(format, () => validate(value, whole, "2020-12", places).valid);
        return valid && asking.leftOut ? undefined : valid;
      }),
  };
}

/**
 * A copy in keywords that the validator knows, without patterns: what the grammar has enforced already is not asked again. Engines of regular expressions try one
 * way after another, and a pattern of a stranger can make that last for ever; for the same reason only formats that are known here are asked for. Names and
 * places of others are not asked for either: references lead where they lead without them.
 */
function askable(schema: unknown, asking: Asking): unknown {
  const { step, places, checks } = asking;
  const each = (schemas: unknown): unknown => {
    if (Array.isArray(schemas)) return schemas.map((schema) => askable(schema, asking));
    return isJsonObject(schemas)
      ? Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, askable(schema, asking)]))
      : schemas;
  };
  if (Array.isArray(schema)) return each(schema);
  if (typeof schema !== "object" || schema === null) return schema;
  const known = inNewKeywords(schema as Readonly<Record<string, unknown>>);
  const copy: Record<string, unknown> = Object.fromEntries(
    Object.entries(known).flatMap(([keyword, value]): [string, unknown][] => {
      if (keyword === "enum" || keyword === "const") return [[keyword, value]];
      if (left.has(keyword) && typeof value === "string") return [];
      if (keyword === "format") return askedFormats.has(String(value)) ? [[keyword, value]] : [];
      // Which properties are additional ones depends on patterns.
      if ("patternProperties" in known && (keyword === "patternProperties" || keyword === "additionalProperties")) {
        asking.leftOut = true;
        return [];
      }
      if (keyword === "$ref" && typeof value === "string") return [[keyword, places.pointerOf(value) ?? value]];
      return [[keyword, schemaMaps.has(keyword) ? each(value) : askable(value, asking)]];
    }),
  );
  const texts = checkedTexts(known, checks);
  if (texts.length > 0) copy.allOf = [...(Array.isArray(copy.allOf) ? copy.allOf : []), ...texts.map((name) => ({ format: name }))];
  // A keyword of an older draft, which nobody writes and the validator reads once, when it begins with a schema.
  return Object.defineProperty(copy, "$recursiveAnchor", { get: step });
}

interface Asking {
  /** Called each time that a schema is held against a value. */
  step(): void;
  readonly places: SchemaPlaces;
  readonly checks: TextChecks;
  /** Whether something was left out that only a grammar holds. */
  leftOut: boolean;
}

/** What is asked of texts while patterns are: the names of checks, which are formats to the other implementation. */
function checkedTexts({ pattern, format }: Schema, { nameOf }: TextChecks): string[] {
  const known = typeof format === "string" && !askedFormats.has(format) ? stringFormats.get(format) : undefined;
  return [...(typeof pattern === "string" ? [nameOf(pattern, false)] : []), ...(known ? [nameOf(known.all, true)] : [])];
}

const left = new Set(["pattern", "$id", "$anchor"]);
