// Values put to another implementation of JSON Schema. A stranger wrote the schema, and the answer comes in the thread that everybody waits for: so no pattern
// is ever asked again, and references are not followed without end.
import { UsageError } from "../../errors.ts";
import { schemaMaps } from "./schema-keywords.ts";

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
}

/** @param root the whole schema */
export async function createValidator(root: unknown): Promise<Validator> {
  const { validate, dereference } = await import("@cfworker/json-schema");
  const asked = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw new UsageError(`schema: values cannot be checked against it: ${(cause as Error).message.split("\n")[0]}`, { cause });
    }
  };
  let known: { readonly whole: object; readonly places: ReturnType<typeof dereference> } | undefined;
  const read = (): NonNullable<typeof known> => {
    if (!known) {
      const whole = withoutPatterns(root) as object;
      known = { whole, places: dereference(whole) };
    }
    return known;
  };
  /** Others than the whole, and what became of them. */
  const parts = new WeakMap<object, object>();
  let count = 0;
  const partOf = (schema: object): object => {
    let part = parts.get(schema);
    if (!part) {
      part = withoutPatterns(schema) as object;
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
        return validate(value, schema ? partOf(schema) : whole, "2020-12", places).valid;
      }),
  };
}

/**
 * What the grammar has enforced already is not asked again: engines of regular expressions try one way after another, and a pattern of a stranger can make
 * that last for ever. Names and places of others are not asked for either: references lead where they lead without them.
 */
function withoutPatterns(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutPatterns);
  if (typeof schema !== "object" || schema === null) return schema;
  const kept = Object.entries(schema).filter(([keyword, value]) => !(left.has(keyword) && typeof value === "string"));
  return Object.fromEntries(
    kept.map(([keyword, value]) => {
      if (keyword === "enum" || keyword === "const") return [keyword, value];
      return [keyword, schemaMaps.has(keyword) ? eachWithoutPatterns(value) : withoutPatterns(value)];
    }),
  );
}

/** Names are any, also those of keywords. */
function eachWithoutPatterns(schemas: unknown): unknown {
  if (typeof schemas !== "object" || schemas === null || Array.isArray(schemas)) return schemas;
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, withoutPatterns(schema)]));
}

const left = new Set(["pattern", "$id", "$anchor"]);
