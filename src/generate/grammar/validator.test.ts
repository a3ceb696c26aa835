// What is asked of values that are there already, and what is not.
import { expect, it } from "vitest";
import { createValidator } from "./validator.ts";

const endless = { pattern: "^(a+)+$" };
const victim = `${"a".repeat(60)}!`;

it("never runs a pattern, wherever it stands", async () => {
  const root = {
    properties: {
      enum: endless,
      const: { items: endless },
      pattern: { type: "string", ...endless },
      properties: { properties: { pattern: endless } },
    },
    additionalProperties: { $ref: "#/$defs/enum" },
    $defs: { enum: { anyOf: [endless] }, const: { $ref: "#/definitions/pattern" } },
    definitions: { pattern: endless },
  };
  const { satisfies } = await createValidator(root);
  const value = { enum: victim, const: [victim], pattern: victim, properties: { pattern: victim }, other: victim };
  expect(satisfies(value)).toBe(true);
  expect(satisfies({ pattern: 1 })).toBe(false);
  expect(satisfies([victim], { items: { $ref: "#/$defs/const" } })).toBe(true);
});

it("keeps constants that look like patterns", async () => {
  const { satisfies } = await createValidator({ enum: [{ pattern: "a" }], properties: { pattern: { const: "a" } } });
  expect([satisfies({ pattern: "a" }), satisfies({})]).toEqual([true, false]);
});

it("follows references of a part into the whole, wherever the whole says that it stands", async () => {
  const { satisfies } = await createValidator({
    $id: "https://example.com/a",
    $defs: { n: { $id: "b", minimum: 3, items: { $ref: "#" } } },
  });
  const part = { items: { $ref: "#/$defs/n" } };
  expect([satisfies([3], part), satisfies([2], part), satisfies([2])]).toEqual([true, false, true]);
});

it("says that a schema cannot be asked", async () => {
  const { satisfies } = await createValidator({ $ref: "#/enum/0", enum: [{}] });
  expect(() => satisfies(1)).toThrow('schema: values cannot be checked against it: a reference leads nowhere: "#/enum/0"');
});

it.each<[object, string]>([
  [{ properties: { a: { not: { $ref: "#/properties/a" } } } }, "a reference leads back to itself"],
  [{ anyOf: [{ if: { $ref: "#/$defs/a" } }], $defs: { a: { allOf: [{ $ref: "#" }] } } }, "a reference leads back to itself"],
  [{ contains: { $ref: "#/items/0" }, items: [{}] }, 'a reference leads nowhere: "#/items/0"'],
])("says that asking %j would not end, before a value is there", async (schema, why) => {
  const { read } = await createValidator(schema);
  expect(read).toThrow(`schema: values cannot be checked against it: ${why}`);
});

it("reads references that end: into values, several times to one place, and none that are data", async () => {
  const tree = {
    properties: { child: { $ref: "#" }, other: { not: { $ref: "#" } } },
    anyOf: [{ $ref: "#/$defs/a" }, { $ref: "#/$defs/a" }],
  };
  const { read } = await createValidator({
    ...tree,
    $defs: { a: true, b: { $ref: "#/nowhere" } },
    examples: [{ $ref: "?" }],
    enum: [{ $ref: "?" }],
  });
  expect(read).not.toThrow();
});

it("does not go all the ways that a schema offers", async () => {
  const ways = (i: number): unknown => [1, 2].map((maxItems) => ({ type: "array", items: { $ref: `#/$defs/d${i}` }, maxItems }));
  const entries = Array.from({ length: 40 }, (_, i) => [`d${i}`, { anyOf: ways(i + 1) }]);
  const root = { $ref: "#/$defs/d0", $defs: { ...Object.fromEntries(entries), d40: { type: "integer" } } };
  const { satisfies } = await createValidator(root);
  const nested = (depth: number): unknown => JSON.parse(`${"[".repeat(depth)}1${"]".repeat(depth)}`);
  expect(() => satisfies(nested(40))).toThrow("that takes more than 200000 steps: ask for fewer values");
  expect(satisfies([[], [], []])).toBe(false);
  expect(satisfies([[]])).toBe(true);
  const many = { items: { allOf: Array(100).fill({ type: "integer" }) } };
  expect(satisfies(Array(1500).fill(1), many)).toBe(true);
  expect(() => satisfies(Array(1500).fill(1), many)).toThrow("that takes more than 200000 steps");
});

it.each(["enum", "const", "pattern"])(
  "counts the steps of what depends on a property called %s, and never runs its patterns",
  async (name) => {
    const at = `#/dependentSchemas/${name}/$defs`;
    const twice = (i: number): object => ({ allOf: [{ $ref: `${at}/d${i}` }, { $ref: `${at}/d${i}` }] });
    const entries = Array.from({ length: 17 }, (_, i) => [`d${i}`, twice(i + 1)]);
    const $defs = { ...Object.fromEntries(entries), d17: { type: "string" } };
    const { satisfies } = await createValidator({ dependentSchemas: { [name]: { properties: { [name]: { $ref: `${at}/d0` } }, $defs } } });
    expect(() => satisfies({ [name]: "a" })).toThrow("that takes more than 200000 steps");
    const held = await createValidator({ dependentSchemas: { [name]: { properties: { [name]: endless }, required: ["b"] } } });
    expect([held.satisfies({ [name]: victim, b: 1 }), held.satisfies({ [name]: victim })]).toEqual([true, false]);
  },
);

it("asks patterns of whole values where it shall, in one go through each text", async () => {
  const root = {
    properties: { a: endless, b: { anyOf: [{ pattern: "^x", type: "string" }, { type: "integer" }] }, c: { format: "base64" } },
    additionalProperties: { enum: [{ pattern: "x" }] },
  };
  const { fits, satisfies } = await createValidator(root);
  const values = [{ a: victim }, { a: "aa", b: "xy" }, { b: "y" }, { b: 1, a: 2 }, { c: "YWI=" }, { c: "YWI" }, { d: { pattern: "x" } }];
  expect(values.map((value) => fits(value))).toEqual([false, true, false, true, true, false, true]);
  expect(satisfies({ a: victim, b: "y" })).toBe(true);
});

it("says that it cannot tell where patterns are for names, or too large", async () => {
  const names = await createValidator({ patternProperties: { a: { type: "integer" } }, required: ["b"] });
  expect([names.fits({ b: 1 }), names.fits({})]).toEqual([undefined, false]);
  const large = await createValidator({ type: "string", pattern: "(a|b)*a(a|b){20}$" });
  expect([large.fits("a"), large.fits(1)]).toEqual([undefined, false]);
});
