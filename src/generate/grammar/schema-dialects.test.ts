// Schemas as the libraries of others write them: what may come, what may not, and that the check at the end is of the same mind.
import { describe, expect, it } from "vitest";
import { allowed } from "../../../test/byte-tokenizer.ts";
import { formatKey, prepareFormat } from "./prepare-format.ts";

/** A schema, JSON texts that satisfy it, and JSON texts that do not. */
type Case = readonly [schema: unknown, good: readonly string[], bad: readonly string[]];

const decimal = { type: "string", pattern: "^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$" };
const cat = {
  title: "Cat",
  type: "object",
  properties: { kind: { const: "cat", title: "Kind", type: "string" }, lives: { type: "integer" } },
};
const dog = {
  title: "Dog",
  type: "object",
  properties: { kind: { const: "dog", default: "dog", type: "string" }, pups: { $ref: "#/$defs/Pups" } },
};

const cases: Record<string, Case[]> = {
  "pydantic's": [
    [
      {
        $defs: { Cat: { ...cat, required: ["kind", "lives"] }, Dog: dog, Pups: { type: "array", items: { $ref: "#/$defs/Dog" } } },
        properties: {
          pet: {
            discriminator: { mapping: { cat: "#/$defs/Cat", dog: "#/$defs/Dog" }, propertyName: "kind" },
            oneOf: [{ $ref: "#/$defs/Cat" }, { $ref: "#/$defs/Dog" }],
            title: "Pet",
          },
        },
        required: ["pet"],
        title: "Home",
        type: "object",
      },
      ['{"pet":{"kind":"cat","lives":7}}', '{"pet":{"kind":"dog"}}', '{"pet":{"kind":"dog","pups":[{"kind":"dog"},{}]}}'],
      ['{"pet":{"lives":7}}', '{"pet":{}}', '{"pet":{"kind":"cat"}}', '{"pet":{"kind":"cow"}}'],
    ],
    [
      { anyOf: [{ type: "number", exclusiveMinimum: 0 }, decimal] },
      ["1.5", '"1.50"', '"-.5"', '"007"'],
      ["0", '"."', '"-"', '""', '"1e5"'],
    ],
    [
      { type: "string", pattern: "^(?!^[-+.]*$)[+-]?0*(?:\\d{0,3}|(?=[\\d.]{1,6}0*$)\\d{0,3}\\.\\d{0,2}0*)$" },
      ['"123"', '"123.45"', '"0.1000"'],
      ['"1234"', '"1.234"', '"."'],
    ],
    [{ maxItems: 2, minItems: 2, prefixItems: [{ type: "integer" }, { const: "x" }], type: "array" }, ['[1,"x"]'], ["[1]", '[1,"x",1]']],
    [{ anyOf: [{ type: "string", format: "date-time" }, { type: "null" }], default: null }, ['"2024-01-01T00:00:00Z"', "null"], ['""']],
    [{ type: "string", minLength: 2, maxLength: 3, pattern: "^[a-z]+$" }, ['"ab"', '"abc"'], ['"a"', '"abcd"', '"aB"']],
    [{ format: "uri", maxLength: 2083, minLength: 1, type: "string" }, ['"https://a.example/b?c=d"'], ['""', '"a b"']],
    [{ format: "email", maxLength: 20, type: "string" }, ['"ann@x.example"'], ['"a-name-too-long@an.example"', '"@x"', '"a@b"']],
    [{ format: "uuid4", type: "string" }, ['"123e4567-e89b-42d3-a456-426614174000"'], ['"123e4567-e89b-12d3-a456-426614174000"']],
    [{ format: "password", type: "string", writeOnly: true }, ['"any \\n"'], ["1"]],
    [{ format: "ipvanyaddress", type: "string" }, ['"10.0.0.1"'], ['"10.0.0"']],
    [{ type: "object", additionalProperties: { type: "integer" }, maxProperties: 2 }, ["{}", '{"a":1,"b":2}'], ['{"a":1,"b":2,"c":3}']],
    [{ type: "object", additionalProperties: { type: "null" }, maxProperties: 0 }, ["{}"], ['{"a":null}']],
    [
      { type: "object", propertyNames: { enum: ["a", "b"] }, additionalProperties: { type: "integer" } },
      ["{}", '{"a":1,"b":2}'],
      ['{"c":1}', '{"a":"x"}'],
    ],
    [
      { type: "object", patternProperties: { "^k\\d$": { type: "integer" } } },
      ["{}", '{"k1":1,"k2":2}'],
      ['{"k":1}', '{"k1":""}', '{"k12":1}'],
    ],
    [{ type: "number", multipleOf: 0.5, minimum: 0, maximum: 2.2 }, ["0", "0.5", "1.0", "2"], ["0.25", "2.5", "-1"]],
  ],
  "OpenAPI 3.0's": [
    [{ type: "string", nullable: true, maxLength: 1 }, ['"a"', "null"], ["1", '"ab"']],
    [{ type: "string", nullable: false }, ['"a"'], ["null"]],
    [{ type: "string", nullable: true, enum: ["a"] }, ['"a"', "null"], ['"b"']],
    [{ const: "a", nullable: true }, ['"a"', "null"], ['"b"']],
    [
      {
        type: "object",
        properties: { a: { nullable: true, allOf: [{ $ref: "#/definitions/n" }] } },
        definitions: { n: { type: "integer" } },
      },
      ['{"a":1}', '{"a":null}'],
      ['{"a":""}'],
    ],
    [{ nullable: true, $ref: "#/$defs/n", $defs: { n: { type: "integer" } } }, ["1", "null"], ['""']],
    [{ nullable: true, anyOf: [{ type: "integer" }, { type: "boolean" }] }, ["1", "true", "null"], ['""']],
    [{ nullable: true, minLength: 2 }, ['"ab"', "null"], ['"a"']],
    [{ nullable: true }, ["1", "null", "[]"], ["a"]],
    [
      {
        allOf: [
          { type: "integer", nullable: true },
          { type: "integer", minimum: 2 },
        ],
      },
      ["2"],
      ["1", "null"],
    ],
    [{ type: "integer", minimum: 0, exclusiveMinimum: true, maximum: 3, exclusiveMaximum: false }, ["1", "3"], ["0", "4"]],
    [{ type: "integer", exclusiveMinimum: true }, ["1", "-1"], ["a"]],
    [{ type: "integer", format: "int32" }, ["2147483647", "-2147483648"], ["2147483648"]],
    [{ type: "integer", format: "uint8", minimum: 3 }, ["3", "255"], ["2", "256"]],
    [{ type: "number", format: "double" }, ["1.5"], ['""']],
    [{ type: "string", format: "byte" }, ['"YQ=="'], ['"a"']],
  ],
  "of TypeBox": [
    [
      { type: "array", items: [{ type: "integer" }, { const: "x" }], additionalItems: false, minItems: 2, maxItems: 2 },
      ['[1,"x"]'],
      ["[1]", '[1,"x",1]'],
    ],
    [{ type: "array", items: [{ type: "integer" }], additionalItems: { type: "null" } }, ["[]", "[1]", "[1,null]"], ["[null]", "[1,1]"]],
    [{ type: "array", items: { type: "integer" }, additionalItems: false }, ["[]", "[1,2]"], ['["a"]']],
    [{ type: "object", patternProperties: { "^(.*)$": { type: "integer" } } }, ["{}", '{"a":1,"":2,"\\"":3}'], ['{"a":""}']],
    [
      { $id: "T0", type: "object", properties: { nodes: { type: "array", items: { $ref: "T0" } } }, required: ["nodes"] },
      ['{"nodes":[]}', '{"nodes":[{"nodes":[]}]}'],
      ["{}", '{"nodes":[{}]}'],
    ],
    [{ $ref: "#leaf", $defs: { "a/b": { $anchor: "leaf", type: "integer" } } }, ["1"], ['""']],
    [{ anyOf: [{ const: "a", type: "string" }, { const: "b", type: "string" }, { not: {} }] }, ['"a"', '"b"'], ['"c"']],
    [
      { type: "object", properties: { a: { not: {} }, b: { type: "integer" } }, additionalProperties: true },
      ["{}", '{"b":1}', '{"c":1}'],
      ['{"a":1}', '{"a":null}'],
    ],
    [{ type: "string", pattern: "^\\$(a|b)\\b", maxLength: 4 }, ['"$a"', '"$b -"'], ['"$ab"', '"a"']],
  ],
  "of valibot": [
    [
      {
        oneOf: ["a", "b"].map((type) => ({
          type: "object",
          properties: { type: { const: type } },
          required: ["type"],
          additionalProperties: false,
        })),
        $schema: "http://json-schema.org/draft-07/schema#",
      },
      ['{"type":"a"}', '{"type":"b"}'],
      ['{"type":"c"}', "{}"],
    ],
    [
      { type: "string", contentEncoding: "base64", pattern: "^(?:[\\da-z+/]{4})*(?:[\\da-z+/]{2}==|[\\da-z+/]{3}=)?$" },
      ['""', '"ab=="'],
      ['"a"'],
    ],
    [{ type: "object", properties: {}, required: [], additionalProperties: { type: "null" } }, ["{}", '{"a":null}'], ['{"a":1}']],
    [{ enum: ["a", "bb", 3], pattern: "^.$" }, ['"a"', "3"], ['"bb"']],
  ],
  "of Effect": [
    [{ $id: "/schemas/unknown", title: "unknown" }, ["1", "[]"], ["a"]],
    [{ $id: "/schemas/%7B%7D", anyOf: [{ type: "object" }, { type: "array" }] }, ["{}", "[1]"], ["1"]],
    [
      { type: "string", pattern: "^a", allOf: [{ pattern: "^.*b$" }, { maxLength: 3, minLength: 2 }] },
      ['"ab"', '"axb"'],
      ['"a"', '"b"', '"axxb"'],
    ],
    [{ $comment: "/schemas/enums", anyOf: [{ type: "string", title: "A", enum: ["a"] }] }, ['"a"'], ['"b"']],
    [
      { type: "object", required: [], properties: {}, patternProperties: { "^a": { type: "integer" } }, additionalProperties: false },
      ["{}", '{"a":1,"ab":2}'],
      ['{"b":1}', '{"a":""}'],
    ],
    [
      {
        type: "object",
        properties: { ab: { type: "number" } },
        patternProperties: { "^a": { multipleOf: 3 }, "^b": false },
        additionalProperties: { type: "null" },
      },
      ["{}", '{"ab":3,"ax":6,"c":null}'],
      ['{"ab":1}', '{"ax":1}', '{"b":null}', '{"c":1}'],
    ],
    [{ type: "string", contentMediaType: "text/plain", contentSchema: {}, readOnly: true, examples: [1] }, ['"a"'], ["1"]],
  ],
};

describe.each(Object.entries(cases))("schemas %s", (_, cases) => {
  it.each(cases)("%j", async (schema, good, bad) => {
    const format = { kind: "schema", schema } as const;
    expect(await allowed(format, [...good, ...bad])).toEqual(good);
    const { verify } = await prepareFormat(formatKey(format));
    for (const text of good) expect(() => verify(text)).not.toThrow();
  });
});
