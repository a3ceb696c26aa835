// What is left of a schema for the grammar, and what is refused because nobody would look.
import { describe, expect, it } from "vitest";
import { loosenSchema } from "./loosen-schema.ts";

const text = { type: "string" };
const zip = { ...text, pattern: "^\\d{5}$" };
const shape = (kind: string): object => ({ type: "object", properties: { kind: { const: kind } }, required: ["kind"] });
const shapes = { $defs: { a: shape("a"), b: shape("b") } };
const object = (properties: object, more: object = {}): object => ({ type: "object", properties, ...more });

describe("a schema for the grammar", () => {
  it.each<[object, object]>([
    [object({ a: { type: "array", items: text, uniqueItems: true } }), object({ a: { type: "array", items: text } })],
    [object({ not: text, pattern: text }), object({ not: text, pattern: text })], // names, not keywords
    [object({ a: { not: { const: 1 }, type: "integer" } }, { minProperties: 1 }), object({ a: { type: "integer" } })],
    [JSON.parse('{ "if": { "required": ["a"] }, "then": { "required": ["b"] }, "type": "object" }'), { type: "object" }],
    [{ oneOf: [text, { type: "string", enum: ["a"] }] }, { anyOf: [text, { type: "string", enum: ["a"] }] }],
    [{ anyOf: [text], oneOf: [text] }, { anyOf: [text] }],
    [
      { ...text, format: "date", pattern: "^2", minLength: 3 },
      { ...text, format: "date", pattern: "^2", minLength: 3 },
    ],
    [
      { ...text, format: "email", pattern: "^(ab|c){300,400}d", minLength: 350 },
      { ...text, pattern: "^(ab|c){300,400}d" },
    ],
    [
      { ...text, format: "email", maxLength: 9 },
      { ...text, format: "email", maxLength: 9 },
    ],
    [
      { ...text, maxLength: 9 },
      { ...text, maxLength: 9 },
    ],
    [object({ a: { not: {} }, b: { items: [{ not: text }] } }), object({ a: { not: {} }, b: { items: [{}] } })],
    [{ uniqueItems: true, propertyNames: { pattern: "^a" } }, { propertyNames: { pattern: "^a" } }],
    [{ uniqueItems: true, oneOf: [zip, { type: "integer" }] }, { oneOf: [zip, { type: "integer" }] }],
    [
      object({ zip, tags: { uniqueItems: true }, shape: { oneOf: ["a", "b"].map((kind) => ({ $ref: `#/$defs/${kind}` })) } }, shapes),
      object({ zip, tags: {}, shape: { oneOf: ["a", "b"].map((kind) => ({ $ref: `#/$defs/${kind}` })) } }, shapes),
    ],
    // A choice of choices, of which one is none for the grammar.
    [
      { oneOf: [{ type: "integer" }, { oneOf: [text, { enum: ["a"] }] }] },
      { anyOf: [{ type: "integer" }, { anyOf: [text, { enum: ["a"] }] }] },
    ],
    [object({ zip }, { not: { $ref: "#/$defs/a" }, ...shapes }), object({ zip }, shapes)],
    [{ type: "number", multipleOf: 0.25 }, { type: "number" }],
    [
      { $defs: { a: { contains: text } }, allOf: [{ $ref: "#/$defs/a" }] },
      { $defs: { a: {} }, allOf: [{ $ref: "#/$defs/a" }] },
    ],
    [{ enum: [{ not: 1 }], dependentRequired: { a: ["b"] } }, { enum: [{ not: 1 }] }],
    [{ minLenght: 1 }, { minLenght: 1 }], // the grammar refuses it
    [object({ b: { pattern: "a", format: "regex" } }), object({ b: { pattern: "a", format: "regex" } })], // and it, too
    [object({ b: { pattern: "a", format: "phone" } }), object({ b: { pattern: "a", format: "phone" } })], // and takes it as the pattern's name
  ])("%j", (schema, expected) => {
    expect(loosenSchema(schema as never)).toEqual(expected);
  });
});

describe("what nobody would look at is refused", () => {
  it.each<[object, string]>([
    [{ not: { minLenght: 1 } }, '/not/minLenght: the keyword "minLenght" cannot be enforced'],
    [{ not: { pattern: "a" } }, '/not/pattern: the keyword "pattern" cannot be enforced there'],
    [{ oneOf: [text, { pattern: "a" }] }, '/oneOf/1/pattern: the keyword "pattern" cannot be enforced there'],
    [
      { contains: { $ref: "#/$defs/a" }, $defs: { a: { pattern: "a" } } },
      '/$defs/a/pattern: the keyword "pattern" cannot be enforced there',
    ],
    [{ not: { $ref: "#/$defs/a" }, $defs: { a: { minLenght: 1 } } }, '/$defs/a/minLenght: the keyword "minLenght" cannot be enforced'],
    [{ contains: { items: [{ minLenght: 1 }] } }, '/contains/prefixItems/0/minLenght: the keyword "minLenght"'],
    [{ not: { format: "base64" } }, '/not/format: the keyword "format" cannot be enforced with "base64"'],
    [{ not: { $ref: "#/nowhere" } }, '/not/$ref: there is no "#/nowhere"'],
    [object({ a: { if: { $ref: "http://a/b" } } }), '/properties/a/if/$ref: the keyword "$ref" cannot be enforced: "http://a/b" was given'],
    [{ not: { enum: 5 } }, "/not/enum: 5 was given, expected a list"],
    [{ not: { type: "strin" } }, '/not/type: "strin" was given, expected one or more of object'],
    [{ not: { required: "v" } }, '/not/required: "v" was given, expected a list'],
    [{ not: { required: [1] } }, "/not/required: [1] was given, expected names of properties"],
    [{ not: { minimum: "a" } }, '/not/minimum: "a" was given, expected a number'],
    [{ not: 5 }, "/not: 5 was given, expected a schema"],
    [{ contains: [] }, "/contains: [] was given, expected a schema"],
    [{ contains: {}, minContains: "a" }, '/minContains: "a" was given, expected a whole number from 0'],
    [{ not: { allOf: {} } }, "/not/allOf: {} was given, expected a list with at least one item"],
    [{ dependentRequired: 5 }, "/dependentRequired: 5 was given, expected an object"],
    [{ dependentRequired: { v: "w" } }, '/dependentRequired/v: "w" was given, expected a list'],
    [{ dependentSchemas: { v: 5 } }, "/dependentSchemas/v: 5 was given, expected a schema"],
    [{ uniqueItems: "yes" }, '/uniqueItems: "yes" was given, expected true or false'],
    [{ multipleOf: 0 }, "/multipleOf: 0 was given, expected a number above 0"],
    [{ multipleOf: "x" }, '/multipleOf: "x" was given, expected a number'],
    [{ contains: { items: { patternProperties: {} } } }, '/contains/items/patternProperties: the keyword "patternProperties"'],
    [{ not: { format: "phone" } }, '/not/format: the keyword "format" cannot be enforced with "phone"'],
    [JSON.parse('{"not":'.repeat(200) + "{}" + "}".repeat(200)), "more than 100 schemas stand within each other"],
  ])("%j", (schema, message) => {
    expect(() => loosenSchema(schema as never)).toThrow(message);
  });
});
