// What is left of a schema for the grammar, and what is refused because nobody would look.
import { describe, expect, it } from "vitest";
import { loosenSchema } from "./loosen-schema.ts";

const text = { type: "string" };
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
      { ...text, pattern: "^2" },
    ],
    [
      { ...text, format: "email", maxLength: 9 },
      { ...text, format: "email" },
    ],
    [
      { ...text, maxLength: 9 },
      { ...text, maxLength: 9 },
    ],
    [{ type: "number", multipleOf: 0.25 }, { type: "number" }],
    [
      { $defs: { a: { contains: text } }, allOf: [{ $ref: "#/$defs/a" }] },
      { $defs: { a: {} }, allOf: [{ $ref: "#/$defs/a" }] },
    ],
    [{ enum: [{ not: 1 }], dependentRequired: { a: ["b"] } }, { enum: [{ not: 1 }] }],
    [{ minLenght: 1 }, { minLenght: 1 }], // the grammar refuses it
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
    [{ contains: { items: { patternProperties: {} } } }, '/contains/items/patternProperties: the keyword "patternProperties"'],
    [{ not: { format: "phone" } }, '/not/format: the keyword "format" cannot be enforced with "phone"'],
    [{ a: 1, properties: { b: { pattern: "a", format: "phone" } } }, '/properties/b/format: the keyword "format" cannot be enforced'],
    [JSON.parse('{"not":'.repeat(200) + "{}" + "}".repeat(200)), "more than 100 schemas stand within each other"],
  ])("%j", (schema, message) => {
    expect(() => loosenSchema(schema as never)).toThrow(message);
  });
});
