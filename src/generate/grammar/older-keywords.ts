// Schemas as older drafts and OpenAPI 3.0 write them, in the keywords of 2020-12: lists of items, exclusive bounds that are true or false, and `nullable`.

type Json = Readonly<Record<string, unknown>>;

/** Keywords that stay where they are when a schema becomes an option of another: they say nothing about its value. */
const outside = new Set(["$schema", "$id", "$defs", "definitions"]);

/** The same schema; itself where it has none of those keywords. Schemas within it are left as they are. */
export function inNewKeywords(schema: Json): Json {
  return withNull(withBounds(withItems(schema)));
}

function withItems(schema: Json): Json {
  if (!Array.isArray(schema.items) || schema.prefixItems !== undefined) {
    return schema.additionalItems === undefined ? schema : without(schema, "additionalItems"); // which says nothing there
  }
  const { items, additionalItems, ...rest } = schema;
  // A list of no schemas says nothing about the items.
  return {
    ...rest,
    ...(items.length > 0 ? { prefixItems: items } : {}),
    ...(additionalItems === undefined ? {} : { items: additionalItems }),
  };
}

function withBounds(schema: Json): Json {
  let found = schema;
  for (const [bound, exclusive] of [
    ["minimum", "exclusiveMinimum"],
    ["maximum", "exclusiveMaximum"],
  ]) {
    if (typeof found[exclusive] !== "boolean") continue;
    const { [bound]: given, [exclusive]: excluded, ...rest } = found;
    found = given === undefined ? rest : { ...rest, [excluded ? exclusive : bound]: given };
  }
  return found;
}

function withNull(schema: Json): Json {
  if (typeof schema.nullable !== "boolean") return schema;
  const { nullable, ...rest } = schema;
  if (!nullable) return rest;
  const names = Object.keys(rest);
  if (!names.some((name) => ["$ref", "allOf", "anyOf", "oneOf"].includes(name)) && (rest.type !== undefined || rest.enum !== undefined)) {
    const { type, enum: values, ...others } = "const" in rest ? { ...without(rest, "const"), enum: [rest.const] } : rest;
    return {
      ...others,
      ...(type === undefined ? {} : { type: [type, "null"].flat() }),
      ...(Array.isArray(values) ? { enum: values.includes(null) ? values : [...values, null] } : {}),
    };
  }
  const said = Object.entries(rest).filter(([name]) => !outside.has(name));
  if (said.length === 0) return rest; // any value
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([name]) => outside.has(name))),
    anyOf: [Object.fromEntries(said), { type: "null" }],
  };
}

function without(schema: Json, keyword: string): Json {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== keyword));
}
