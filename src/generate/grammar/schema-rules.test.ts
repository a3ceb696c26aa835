// What may come, and what may not, for each keyword that is taken; and the sentence for each that is not.
import { validate } from "@cfworker/json-schema";
import { describe, expect, it, vi } from "vitest";
import { allowed } from "../../../test/byte-tokenizer.ts";

/** A schema, JSON texts that satisfy it, and JSON texts that do not (or are no JSON). */
type Case = readonly [schema: unknown, good: readonly string[], bad: readonly string[]];

const many = <T>(count: number, each: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => each(i));

const node = {
  type: "object",
  properties: { v: { type: "integer" }, next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } },
  required: ["v", "next"],
};

const cases: Record<string, Case[]> = {
  type: [
    [{ type: "string" }, ['""', '"a\\n\\"\\\\é😀"'], ["1", '"', '"\n"', '"\\x"', "", '"a" ']],
    [{ type: "integer" }, ["0", "-1", "123456789012345"], ["01", "1.0", "1e5", "+1", "1234567890123456", '"1"']],
    [{ type: "number" }, ["0", "-1.5", "1e5", "1E-10"], ["01", ".5", "1.", "1e999", "NaN", "Infinity"]],
    [{ type: "boolean" }, ["true", "false"], ["True", "null", "1"]],
    [{ type: "null" }, ["null"], ["nul", "0"]],
    [{ type: ["integer", "null"] }, ["1", "null"], ['"a"', "1.5"]],
    [{ type: ["integer", "string"], minimum: 5, maxLength: 2 }, ["5", '"ab"'], ["4", '"abc"']],
    [{}, ["1", '"a"', "[1, {}]", '{"a": [null]}'], ["a", "[1,]", "{1: 2}"]],
    [true, ["1", "[]"], ["a"]],
    // What says nothing about values, and names that are texts as all are.
    [
      {
        type: "object",
        propertyNames: { type: "string" },
        additionalProperties: { type: "string", contentEncoding: "base64", example: "a" },
        discriminator: { propertyName: "a" },
      },
      ["{}", '{"a": "b"}'],
      ['{"a": 1}'],
    ],
    [{ minLength: 2 }, ['"ab"'], ['"a"']],
  ],
  numbers: [
    [{ type: "integer", minimum: 3, maximum: 17 }, ["3", "9", "10", "17"], ["2", "18", "-3", "03", "170"]],
    [{ type: "integer", minimum: -5 }, ["-5", "-1", "0", "99999999999"], ["-6", "-10", "-0"]],
    [{ type: "integer", minimum: -120, maximum: -7 }, ["-120", "-99", "-7"], ["-6", "-121", "7", "0", "-1000"]],
    [{ type: "integer", exclusiveMinimum: 3 }, ["4", "1000"], ["3", "-4"]],
    [{ type: "integer", exclusiveMaximum: 3 }, ["2", "-1000"], ["3", "4"]],
    [{ type: "integer", minimum: 3, exclusiveMinimum: 5 }, ["6"], ["5", "4"]],
    [{ type: "integer", minimum: 2.5, maximum: 4.5 }, ["3", "4"], ["2", "5"]],
    [{ type: "integer", minimum: 1000000000000000 }, ["1000000000000000"], ["999999999999999"]],
    [
      { type: "number", minimum: 0.5, maximum: 2 },
      ["0.5", "1", "1.999", "2", "2.0", "0.75", "0.50"],
      ["0.4", "2.1", "2.0001", "0.49", "-1", "0", "3", "1."],
    ],
    [
      { type: "number", minimum: -1.25, maximum: 3.5 },
      ["-1.25", "-1.2", "-0.5", "0", "3.5", "3.49", "-1"],
      ["-1.26", "-1.3", "3.51", "4", "-2", "-1.251", "3.5001"],
    ],
    [{ type: "number", exclusiveMinimum: 0 }, ["0.5", "0.0001", "100.5"], ["0", "0.0", "-1", "0e5", "0.000"]],
    [{ type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 }, ["0.5", "0.999999"], ["0", "1", "0.0", "1.0"]],
    [{ type: "number", exclusiveMaximum: 1 }, ["0.5", "0", "-1", "-100000.25"], ["1", "1.0", "1.5"]],
    [{ type: "number", minimum: 100 }, ["100", "1000", "100.5"], ["99", "99.9", "1e1"]],
    [{ type: "number", minimum: 1e-7, maximum: 2e-7 }, ["0.0000001", "0.0000002"], ["0", "0.0000003", "0.00000005"]],
    [{ type: "number", multipleOf: 0.01, minimum: 0 }, ["0.5", "12.25"], ["0.001", "-1"]],
    [{ type: "number", multipleOf: 1 }, ["0", "-12"], ["0.5"]],
  ],
  strings: [
    [{ type: "string", minLength: 2, maxLength: 4 }, ['"ab"', '"abcd"', '"äö😀"', '"\\n\\""'], ['"a"', '"abcde"', '"\\n"', '"😀"']],
    [{ type: "string", minLength: 70 }, [`"${"a".repeat(70)}"`, `"${"é".repeat(200)}"`], [`"${"a".repeat(69)}"`]],
    [
      { type: "string", maxLength: 100 },
      ['""', ...[31, 32, 33, 64, 95, 96, 99, 100].map((n) => `"${"a".repeat(n)}"`)],
      [`"${"a".repeat(101)}"`],
    ],
    [
      { type: "string", minLength: 40, maxLength: 95 },
      [40, 63, 64, 72, 95].map((n) => `"${"ü".repeat(n)}"`),
      [39, 96].map((n) => `"${"a".repeat(n)}"`),
    ],
    [{ type: "string", pattern: "^a+b$" }, ['"aab"'], ['"aa"', '"b"', '"xaab"', '"aabx"']],
    [{ type: "string", pattern: "a+b" }, ['"aab"', '"xx aab \\n yy"'], ['"aa"', '""']],
    [{ type: "string", pattern: "^a|b$" }, ['"a"', '"axx"', '"xxb"'], ['"xa"', '"bx"']],
    [{ type: "string", pattern: "^(yes|no)$" }, ['"yes"', '"no"'], ['"yesno"', '"y"']],
    [{ type: "string", pattern: "^.\\d$" }, ['"a1"', '"ä1"', '"\\"1"', '"\\t1"'], ['""1"', '"\\n1"', '"ab"', '"\n1"']],
    [{ type: "string", pattern: "^[^a]$" }, ['"b"', '"\\n"', '"\\""', '"\\\\"'], ['"""', '"\\"', '"a"', '"\n"']],
    [{ type: "string", pattern: '^\\\\"$' }, ['"\\\\\\""'], ['"\\""', '"\\\\"']],
    [{ type: "string", pattern: "^[\\w.-]{2,5}\\u00e9?$" }, ['"a-"', '"a.b_cé"'], ['"a"', '"a b"', '"abcdef"']],
    [{ type: "string", pattern: "^(ab*)*$" }, ['""', '"abbab"'], ['"ba"']],
    [{ type: "string", pattern: "^(a*)*(b|)c$" }, ['"c"', '"aabc"'], ['"ab"']],
    [
      { type: "string", pattern: "^[a-f]{50,90}$" },
      [50, 81, 82, 90].map((n) => `"${"f".repeat(n)}"`),
      [49, 91].map((n) => `"${"a".repeat(n)}"`),
    ],
    [{ type: "string", pattern: "^[a-c]{2,4}$", minLength: 1, maxLength: 9 }, ['"abc"'], ['"a"']],
    [{ type: "string", pattern: "^\\u{1F600}|\\ud83d\\ude01$" }, ['"😀"', '"😁"'], ['"😂"']],
  ],
  formats: [
    [
      { type: "string", format: "date" },
      ['"2024-02-29"', '"2000-02-29"', '"1999-12-31"'],
      ['"2024-13-01"', '"2024-02-30"', '"2023-02-29"', '"1900-02-29"', '"2024-04-31"'],
    ],
    [{ type: "string", format: "time" }, ['"23:59:59Z"', '"00:00:00.5+02:00"'], ['"24:00:00Z"', '"12:60:00Z"', '"12:00"']],
    [{ type: "string", format: "date-time" }, ['"2024-02-29T12:00:00Z"'], ['"2024-02-29 12:00:00"', '"2024-02-29"']],
    [{ type: "string", format: "duration" }, ['"P3D"', '"PT5M"', '"P1DT1H30M5S"', '"P2W"'], ['"P"', '"3D"', '"PT"', '"PT1H30S"']],
    [{ type: "string", format: "uuid" }, ['"123e4567-e89b-12d3-a456-426614174000"'], ['"123e4567e89b12d3a456426614174000"', '"x"']],
    [{ type: "string", format: "email" }, ['"a.b+c@example.co.uk"'], ['"a@b"', '"a b@example.com"', '"@x.com"']],
    [{ type: "string", format: "hostname" }, ['"example.com"', '"a"'], ['"-a"', '"a..b"']],
    [{ type: "string", format: "ipv4" }, ['"255.0.10.1"'], ['"256.0.0.1"', '"1.2.3"']],
    [{ type: "string", format: "ipv6" }, ['"2001:db8:0:0:0:0:0:1"'], ['"1:2"', '"g::"']],
    [{ type: "string", format: "uri" }, ['"https://example.com/a?b=c"'], ['"example"', '"https:// x"']],
  ],
  objects: [
    [
      { type: "object", properties: { a: { type: "string" }, b: { type: "integer" } }, required: ["b"], additionalProperties: false },
      ['{"b":1}', '{"a": "", "b": 1}'],
      ["{}", '{"a":""}', '{"b":1,"c":2}', '{"b":"x"}', '{"b":1,}', '{"b":  1}'],
    ],
    [{ type: "object", properties: { a: { type: "string" } } }, ["{}", '{"a":""}'], ['{"a":1}']],
    [
      {
        type: "object",
        properties: { a: { type: "string" }, ab: { type: "null" } },
        required: ["a"],
        additionalProperties: { type: "integer" },
      },
      ['{"a":"x"}', '{"a":"x","zz":1,"abc":2}', '{"a":"x","ab":null,"b":1, "":2}'],
      ['{"a":1}', '{"a":"x","a":1}', '{"a":"x","zz":"y"}', '{"zz":1}', '{"a":"x","ab":1}', '{"a":"x","\\u0061":1}'],
    ],
    [
      { type: "object", properties: { a: { type: "integer" } }, additionalProperties: true },
      ['{"zz":"x"}', "{}", '{"a":1,"b":[]}'],
      ['{"a":"x"}'],
    ],
    [{ type: "object", additionalProperties: { type: "integer" } }, ["{}", '{"x":1,"y":2}'], ['{"x":"y"}']],
    [{ type: "object", additionalProperties: false }, ["{}"], ['{"a":1}']],
    [{ type: "object", required: ["q"] }, ['{"q":1}', '{"q":{},"r":2}'], ["{}", '{"r":1}']],
    [{ type: "object", minProperties: 1 }, ['{"a":1}'], ["{}"]],
    [{ type: "object", properties: { a: { type: "null" } }, maxProperties: 1 }, ["{}", '{"a":null}'], ['{"a":null,"b":1}']],
    [
      { type: "object", properties: { 'a"b': { type: "null" }, "ä\n/": { type: "null" }, __proto__: { type: "null" } }, required: ['a"b'] },
      ['{"a\\"b":null}', '{"a\\"b":null,"ä\\n/":null}'],
      ["{}"],
    ],
  ],
  arrays: [
    [{ type: "array", items: { type: "integer" } }, ["[]", "[1, 2,3]"], ['["a"]', "[1 , 2]", "[1,]"]],
    [{ type: "array", items: { type: "integer" }, minItems: 2, maxItems: 3 }, ["[1,2]", "[1,2,3]"], ["[]", "[1]", "[1,2,3,4]"]],
    [{ type: "array", maxItems: 0 }, ["[]"], ["[1]"]],
    [{ type: "array", minItems: 2 }, ['[1,"a"]', "[1,2,[]]"], ["[1]", "[]"]],
    [{ type: "array", items: { enum: [1] }, minItems: 1 }, ["[1]"], ["[]", "[2]"]],
    [
      { type: "array", items: { const: 7 }, minItems: 60, maxItems: 62 },
      [60, 61, 62].map((n) => `[${Array(n).fill(7)}]`),
      [59, 63].map((n) => `[${Array(n).fill(7)}]`),
    ],
    [
      { type: "array", prefixItems: [{ type: "integer" }, { type: "string" }], items: { type: "boolean" }, minItems: 1, maxItems: 3 },
      ["[1]", '[1,"a"]', '[1,"a",true]'],
      ["[]", '["a"]', '[1,"a",3]', '[1,"a",true,true]', "[1,2]"],
    ],
    [
      { type: "array", prefixItems: [{ type: "integer" }, { type: "string" }], items: false, minItems: 2 },
      ['[1,"a"]'],
      ["[1]", '[1,"a",3]', "[]"],
    ],
    [{ type: "array", prefixItems: [{ const: 1 }], minItems: 3 }, [], ["[1]", "[2,2,2]"]],
  ],
  constants: [
    [{ enum: ["a", 1, null, { x: 1 }, [1, "b"]] }, ['"a"', "1", "null", '{"x":1}', '{"x": 1}', '[1, "b"]'], ['"b"', "{}", "[1]"]],
    [{ type: "string", enum: ["a", 1] }, ['"a"'], ["1"]],
    [{ type: "integer", minimum: 2, enum: [1, 2, 3] }, ["2", "3"], ["1"]],
    [{ enum: ["a/b", "ä", "😀", '"', "\u0001"] }, ['"a/b"', '"ä"', '"😀"', '"\\""', '"\\u0001"'], ['"b"']],
    [{ type: "array", items: { maxLength: 2, format: "ipv4" }, enum: [[1], ["1.2.3.4"], ["x"]] }, ["[1]"], ['["1.2.3.4"]', '["x"]']],
    [
      { properties: { a: { type: "integer", minimum: 2 }, b: { enum: [[1], [2], ["x"]], items: { $ref: "#/properties/a" } } } },
      ['{"b":[2]}'],
      ['{"b":[1]}', '{"b":["x"]}'],
    ],
    [{ const: { a: [1, 'é\n"'] } }, ['{"a":[1,"é\\n\\""]}'], ["1", '{"a":[1]}']],
  ],
  combinations: [
    [{ anyOf: [{ type: "integer" }, { type: "null" }] }, ["1", "null"], ['"a"']],
    [
      { type: "object", properties: { a: { type: "integer" }, b: { type: "integer" } }, anyOf: [{ required: ["a"] }, { required: ["b"] }] },
      ['{"a":1}', '{"b":1}', '{"a":1,"b":2}'],
      ["{}", '{"a":"x"}'],
    ],
    [{ oneOf: [{ type: "integer" }, { type: "string" }] }, ["1", '"a"'], ["null"]],
    [
      {
        oneOf: ["cat", "dog"].map((kind) => ({
          type: "object",
          properties: { kind: { const: kind }, [kind]: { type: "integer" } },
          required: ["kind", kind],
        })),
      },
      ['{"kind":"cat","cat":1}', '{"kind":"dog","dog":1}'],
      ['{"kind":"cat","dog":1}', '{"kind":"cow"}'],
    ],
    [{ allOf: [{ enum: [{ a: 1, b: 2 }, 3] }, { enum: [{ b: 2, a: 1 }, [3]] }] }, ['{"a":1,"b":2}'], ['{"b":2,"a":1}', "3"]],
    [{ oneOf: [{ const: { a: 1, b: 2 } }, { const: { b: 2, a: 2 } }] }, ['{"a":1,"b":2}', '{"b":2,"a":2}'], ['{"a":2,"b":1}']],
    [{ allOf: [{ type: "integer", minimum: 3 }, { maximum: 5 }] }, ["3", "5"], ["2", "6", '"a"']],
    [
      {
        allOf: [{ $ref: "#/$defs/named" }],
        properties: { age: { type: "integer" } },
        $defs: { named: { type: "object", properties: { name: { type: "string" } }, required: ["name"] } },
      },
      ['{"age":1,"name":"x"}', '{"name":"x"}'],
      ["{}", '{"age":1}', '{"age":"x","name":"y"}'],
    ],
    [{ $ref: "#/$defs/node", $defs: { node } }, ['{"v":1,"next":{"v":2,"next":null}}'], ['{"v":1}', '{"v":1,"next":{}}']],
    [{ type: "object", properties: { c: { $ref: "#" } } }, ["{}", '{"c":{"c":{}}}'], ['{"c":1}']],
    [{ $ref: "#/$defs/n", minimum: 5, $defs: { n: { type: "integer" } } }, ["5"], ["4", '"a"']],
    [{ $ref: "#/definitions/a~1b%25", definitions: { "a/b%": { type: "integer" } } }, ["5"], ['"a"']],
    [
      {
        type: "array",
        items: {
          anyOf: [
            { type: "number", maximum: 1 },
            { type: "array", items: { $ref: "#" }, maxItems: 1 },
          ],
        },
      },
      ["[1,[[0.5]]]"],
      ["[2]", "[[1]]"],
    ],
  ],
};

describe.each(Object.entries(cases))("%s", (_, cases) => {
  it.each(cases)("%j", async (schema, good, bad) => {
    expect(await allowed({ kind: "schema", schema }, [...good, ...bad])).toEqual(good);
    // The cases themselves are right.
    for (const text of good) expect(validate(JSON.parse(text), schema as object, "2020-12").valid).toBe(true);
  });
});

it("takes any JSON object as json, and nothing else", async () => {
  const good = ["{}", '{"a": [1, {"b": null}], "c": "d"}'];
  expect(await allowed({ kind: "json" }, [...good, "[]", "1", "{a:1}", '{"a":1'])).toEqual(good);
});

describe("a schema that cannot be enforced", () => {
  it.each<[unknown, string]>([
    [{ properties: { a: { not: { type: "string" } } } }, 'schema: /properties/a/not: the keyword "not" cannot be enforced'],
    [{ if: {} }, 'schema: /if: the keyword "if" cannot be enforced'],
    [{ type: "string", minLenght: 3 }, 'schema: /minLenght: the keyword "minLenght"'],
    [{ type: "array", uniqueItems: true }, "/uniqueItems"],
    [{ type: "array", contains: { const: 5 } }, "/contains"],
    [
      { type: "object", patternProperties: { "^a": {}, b$: { type: "null" } } },
      "/patternProperties/^a and /patternProperties/b$ match the same names",
    ],
    [{ type: "object", propertyNames: { anyOf: [{ maxLength: 3 }] } }, "/propertyNames"],
    [{ type: "object", minProperties: 2 }, "/minProperties"],
    [{ type: "object", properties: { a: {} }, additionalProperties: true, maxProperties: 1 }, "/maxProperties"],
    [{ type: "number", multipleOf: 1e-8 }, "schema: /: multiples of 1e-8, which has more than 6 places, cannot be enforced"],
    [{ type: "integer", multipleOf: 9973 }, "schema: /: multiples of so large a number cannot be enforced"],
    [{ type: "integer", multipleOf: 7, minimum: 1, maximum: 6 }, "schema: /: no multiple of 7 lies within the bounds"],
    [{ type: "integer", multipleOf: 0 }, "schema: /multipleOf: 0 was given, expected a number above 0"],
    [{ oneOf: [{ type: "integer" }, { type: "number" }] }, 'nothing says that no value satisfies both /oneOf/0 and /oneOf/1: use "anyOf"'],
    [{ oneOf: [{ const: { a: 1, b: { c: 2, d: 3 } } }, { const: { b: { d: 3, c: 2 }, a: 1 } }] }, "satisfies both /oneOf/0 and /oneOf/1"],
    [{ type: "string", pattern: "(?<=a)b" }, 'schema: /pattern: "(?<=" (a look behind) cannot be enforced in a pattern'],
    [{ type: "string", pattern: "^(?=a)b$" }, "schema: /: no text satisfies all that is asked of it"],
    [{ type: "string", pattern: "(a$)b" }, "schema: /: no text satisfies all that is asked of it"],
    [{ type: "string", pattern: "^(a)\\1$" }, '"\\1" cannot be enforced'],
    [{ type: "string", pattern: "(" }, '"(" is no regular expression'],
    [
      { allOf: [{ pattern: "a.{20}b" }, { pattern: "c.{20}d" }], maxLength: 300 },
      'the keyword "maxLength" cannot be enforced beside "pattern": together they are too large: say it in the pattern, as .{0,300}',
    ],
    [{ type: "string", format: "regex" }, 'schema: /format: the keyword "format" cannot be enforced with "regex": known are date, time'],
    [{ type: "string", format: "regex", pattern: "^a$" }, 'schema: /format: the keyword "format" cannot be enforced with "regex"'],
    [{ type: "string", pattern: ["a"] }, 'schema: /pattern: ["a"] was given, expected a text'],
    [{ $ref: "http://example.com/x" }, 'expected a place in the same schema, as "#/$defs/name"'],
    [{ $ref: "#/$defs/x" }, 'schema: /$ref: there is no "#/$defs/x"'],
    [{ $ref: "#" }, '/$ref: the keyword "$ref" cannot be enforced: it leads to itself'],
    [{ $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } }, "it leads to itself"],
    [{ type: "object", properties: { c: { $ref: "#" } }, required: ["c"] }, "without end"],
    [{ type: "foo" }, 'schema: /type: "foo" was given, expected one or more of object, array'],
    [{ type: "integer", minimum: 5, maximum: 3 }, "schema: /: no whole number lies within the bounds"],
    [{ type: "integer", maximum: JSON.parse("1e309") }, 'format: "maximum" is Infinity: expected a number within 1.79'],
    [{ type: "integer", minimum: "5" }, 'schema: /minimum: "5" was given, expected a number'],
    [{ type: "string", minLength: 5, maxLength: 3 }, "at least 5 characters are asked for, at most 3"],
    [{ type: "array", minItems: 2, maxItems: 1 }, "at least 2 items are asked for, at most 1"],
    [{ type: "integer", enum: ["a"] }, 'none of the values of its "enum" is allowed'],
    [{ enum: [] }, "schema: /enum: [] was given, expected a list with at least one item"],
    [{ allOf: [{ type: "integer" }, { type: "string" }] }, "no value can be of both"],
    [{ allOf: [{ properties: { a: {} }, additionalProperties: false }, { properties: { b: {} } }] }, "put all of them into one schema"],
    [{ type: "object", required: ["q"], additionalProperties: false }, '"q" is required, and no property may have that name'],
    [{ properties: { "a/b": { type: "array", items: false, minItems: 1 } } }, "schema: /properties/a~1b: at least 1 items"],
    [{ enum: ["a"], pattern: "b" }, 'none of the values of its "enum" is allowed'],
    [
      { enum: [["a"]], items: { $ref: "#/$defs/p" }, $defs: { p: { anyOf: [{ pattern: "a" }] } } },
      'schema: /$defs/p/anyOf/0/pattern: the keyword "pattern" cannot be enforced beside "enum"',
    ],
    [{ enum: [{}], additionalProperties: { patternProperties: { a: {} } } }, "/additionalProperties/patternProperties"],
    [{ enum: ["a"], format: "iso-week" }, 'schema: /format: the keyword "format" cannot be enforced with "iso-week"'],
    [{ enum: [[1]], items: { $ref: "#/$defs/n" }, $defs: { n: { items: { $ref: "#/$defs/n" } } } }, "more than 100 schemas stand within"],
    [{ type: "integer", $defs: { n: { $ref: "http://[" } } }, "schema: values cannot be checked against it: Invalid URL"],
    [false, "false, which no value satisfies"],
    [null, "null was given, expected a schema"],
    [[{}], "was given, expected a schema"],
  ])("%j: %s", async (schema, message) => {
    await expect(allowed({ kind: "schema", schema }, [])).rejects.toThrow(message);
    await expect(allowed({ kind: "schema", schema }, [])).rejects.toMatchObject({ name: "UsageError" });
  });

  it("takes thousands of optional properties, each in its place or not at all", async () => {
    const wide = (count: number, required: string[]): unknown => ({
      type: "object",
      properties: Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, { type: "integer" }])),
      required,
    });
    const good = ["{}", '{"p0": 1}', '{"p99":2}', '{"p1":1,"p2":2, "p49":3,"p50":4}'];
    const bad = ['{"p2":1,"p1":2}', '{"p1":1,"p1":2}', '{"p1":1,}', '{,"p1":1}', '{"p1":1 "p2":2}', '{"p100":1}'];
    expect(await allowed({ kind: "schema", schema: wide(100, []) }, [...good, ...bad])).toEqual(good);
    const both = ['{"p7":1,"p70":2}', '{"p1":1, "p7":1,"p9":0,"p70":2,"p71":3}'];
    const lacking = ['{"p7":1}', '{"p70":1}', '{"p7":1,"p9":0}', "{}"];
    expect(await allowed({ kind: "schema", schema: wide(100, ["p7", "p70"]) }, [...both, ...lacking])).toEqual(both);
    expect(await allowed({ kind: "schema", schema: wide(2000, []) }, ['{"p1999":2}'])).toEqual(['{"p1999":2}']);
  });

  it("looks at no more of a stranger's schema than is left of patience", async () => {
    const deep = (depth: number): unknown => (depth === 0 ? {} : { type: "array", items: deep(depth - 1) });
    const wide = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [
        `s${i}`,
        { anyOf: Array(30).fill({ allOf: [{ $ref: `#/$defs/s${i + 1}` }, { minimum: i }] }) },
      ]),
    );
    const lists = Array.from({ length: 200 }, (_, i) => [`p${i}`, { type: "array", items: {}, minItems: i % 50, maxItems: 50 + i }]);
    const chain = Array.from({ length: 1000 }, (_, i) => [`d${i}`, { type: "array", items: { $ref: `#/$defs/d${i + 1}` } }]);
    const hostile: [unknown, string][] = [
      [{ type: "object", properties: Object.fromEntries(lists) }, "the format is too large to be enforced"],
      [{ $ref: "#/$defs/d0", $defs: { ...Object.fromEntries(chain), d1000: {} } }, "more than 100 schemas stand within each other"],
      [{ oneOf: Array.from({ length: 4000 }, (_, i) => ({ const: i })) }, "with 4000 schemas, 500 at most"],
      [deep(3000), "more than 100 schemas stand within each other"],
      [{ $ref: "#/$defs/s0", $defs: { ...wide, s30: {} } }, "more than 5000 parts"],
      [{ enum: Array.from({ length: 20_000 }, (_, i) => i) }, "20000 values, 10000 at most"],
      [{ enum: Array.from({ length: 400 }, (_, i) => `${i}`.repeat(400)) }, "the format is too large to be enforced"],
      [{ enum: ["x".repeat(600_000)] }, "letters, 500000 at most"],
      [{ type: "string", pattern: "^((.{100}){100}){100}$" }, "too large to be enforced"],
      [{ type: "string", pattern: `^${"(".repeat(60)}a${")".repeat(60)}$` }, "more than 50 groups within each other"],
      [{ type: "string", pattern: "^a{20000}$" }, "more than 10000 repetitions"],
      [{ type: "string", minLength: 1e9 }, "10000 at most can be enforced"],
      [{ type: "object", allOf: many(16_000, (i) => ({ properties: { [`a${i}`]: true } })) }, "more than 5000 parts"],
      [{ anyOf: many(4900, () => ({ $ref: "#/$defs/d", anyOf: [{}] })), $defs: { d: { enum: many(9000, (i) => i) } } }, "too large"],
    ];
    for (const [schema, message] of hostile) await expect(allowed({ kind: "schema", schema }, [])).rejects.toThrow(message);
  });

  it("spells the constants of a oneOf once, not for each pair", async () => {
    const stringify = vi.spyOn(JSON, "stringify");
    await allowed({ kind: "schema", schema: { oneOf: many(60, (i) => ({ enum: many(20, (k) => 20 * i + k) })) } }, []);
    expect(stringify.mock.calls.length).toBeLessThan(3 * 60 * 20);
    vi.restoreAllMocks();
  });
});
