// The options of a schema: those that a value can satisfy, and whether it can satisfy two of them.
import { UsageError } from "../../errors.ts";
import { list } from "./keyword-values.ts";
import { isNever, objectOf, PER_VALUE, type Placed, readSchema, refusal, type Schema, type Spelling } from "./schema-keywords.ts";
import type { SchemaPlaces } from "./schema-places.ts";
import { typesOf } from "./schema-types.ts";

/** Schemas of a oneOf: each is held against each. */
const MOST_APART = 500;

/** One of several schemas. */
export interface Option extends Placed {
  /** The name of its rule among those that references lead to. */
  readonly shared?: string;
}

export interface Options {
  optionsOf(placed: Placed, keyword: "anyOf" | "oneOf"): Option[];
  /** @throws UsageError where nothing says that no value satisfies two of the options of a oneOf */
  checkApart(options: readonly Option[], path: string, depth: number): void;
}

/** @param look called for each schema that is looked at */
export function createOptions({ resolve }: SchemaPlaces, spelling: Spelling, look: (path: string, depth: number) => void): Options {
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
  function checkApart(given: readonly Option[], path: string, depth: number): void {
    const options = given.flatMap((option) => innermost(option, depth));
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

  return { optionsOf, checkApart };
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
