// Where the references of a schema lead: to a place by its pointer, or by the name that a schema gives itself.
import { UsageError } from "../../errors.ts";
import { escapePointer, objectOf, type Placed, readSchema, refusal } from "./schema-keywords.ts";

/** References that lead to references. */
const MOST_STEPS = 100;
/** Keywords whose values are no schemas, whatever they look like. */
const values = new Set(["enum", "const", "default", "examples", "example"]);

export interface Place {
  readonly found: unknown;
  /** A JSON pointer. */
  readonly path: string;
}

export interface SchemaPlaces {
  /** What stands where a reference leads to. @throws UsageError where there is nothing */
  find($ref: unknown, path: string): Place;
  /** The schema that a reference leads to. @throws UsageError where there is none */
  follow($ref: unknown, path: string): Placed;
  /** Follows references, where nothing stands beside them. */
  resolve(placed: Placed): Placed;
  /** A reference as a pointer, where it is a name that a schema has given itself. */
  pointerOf($ref: string): string | undefined;
}

/** @param root the whole schema */
export function createPlaces(root: unknown): SchemaPlaces {
  const followed = new Map<unknown, Placed>();
  /** Pointers of the schemas that have a name, by what references to them say. */
  let named: Map<string, string> | undefined;

  function find($ref: unknown, path: string): Place {
    const target = pointer($ref, path);
    let found: unknown = root;
    for (const part of target) {
      const inside = Array.isArray(found) ? Object.fromEntries(Object.entries(found)) : objectOf(found);
      if (!Object.hasOwn(inside, part)) throw new UsageError(`schema: ${path}/$ref: there is no ${JSON.stringify($ref)}`);
      found = inside[part];
    }
    return { found, path: target.map((part) => `/${escapePointer(part)}`).join("") };
  }

  function follow($ref: unknown, path: string): Placed {
    const known = followed.get($ref);
    if (known) return known;
    const { found, path: where } = find($ref, path);
    const placed = { schema: readSchema(found, where), path: where };
    followed.set($ref, placed);
    return placed;
  }

  function pointer($ref: unknown, path: string): string[] {
    const found = typeof $ref === "string" ? (pointerOf($ref) ?? $ref) : "";
    if (!/^#(\/.*)?$/s.test(found)) {
      throw refusal(path, "$ref", `: ${JSON.stringify($ref)} was given, expected a place in the same schema, as "#/$defs/name"`);
    }
    try {
      const parts = decodeURIComponent(found).split("/").slice(1);
      return parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
    } catch {
      throw refusal(path, "$ref", `: ${JSON.stringify($ref)} has a broken %-sequence`);
    }
  }

  function pointerOf($ref: string): string | undefined {
    if (/^#(\/.*)?$/s.test($ref)) return undefined;
    named ??= namesIn(root);
    return named.get($ref);
  }

  function resolve(placed: Placed): Placed {
    let { schema, path } = placed;
    for (let steps = 0; schema.$ref !== undefined && Object.keys(schema).length === 1; steps++) {
      if (steps > MOST_STEPS) throw refusal(placed.path, "$ref", ": it leads to itself");
      ({ schema, path } = follow(schema.$ref, path));
    }
    return { schema, path };
  }

  return { find, follow, resolve, pointerOf };
}

/** The names of schemas, each with the pointer to the first one that has it. */
function namesIn(root: unknown): Map<string, string> {
  const found = new Map<string, string>();
  const open: [schema: unknown, pointer: string][] = [[root, "#"]];
  for (let place = open.pop(); place; place = open.pop()) {
    const [schema, pointer] = place;
    if (typeof schema !== "object" || schema === null) continue;
    const { $id, $anchor } = schema as { readonly $id?: unknown; readonly $anchor?: unknown };
    if (typeof $id === "string") found.set($id, pointer);
    if (typeof $anchor === "string") found.set(`#${$anchor}`, pointer);
    for (const [name, inner] of Object.entries(schema)) {
      if (!values.has(name)) open.push([inner, `${pointer}/${encodeURI(escapePointer(name)).replaceAll("#", "%23")}`]);
    }
  }
  return found;
}
