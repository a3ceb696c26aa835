import { describe, expect, it } from "vitest";
import { parseStrictJson } from "./strict-json.ts";

describe("parseStrictJson", () => {
  it.each([
    '{"a":{"b":1},"c":{"b":2}}',
    '[{"a":1},{"a":1}]',
    '"\\"}{:"',
    '{"a":"\\"a\\":","b":["a","a"]}',
    ' { "a" : [ ] , "b" : 1e5 } ',
    "null",
  ])("reads %s as JSON.parse does", (text) => {
    expect(parseStrictJson(text, 3)).toEqual(JSON.parse(text));
  });

  it.each([
    ['{"a":1,"a":2}', 'key "a" is there twice'],
    ['{"a":1,"\\u0061":2}', "is there twice"],
    ['{"a":{"b":1,"c":[],"b" : 1}}', 'key "b" is there twice, again before character 23'],
    ['{"__proto__":1,"__proto__":1}', "is there twice"],
    ['{"a\\\\":1,"a\\\\":1}', "is there twice"],
    ["[[[[]]]]", "nests more than 3 deep at character 3"],
    ["[".repeat(1e6), "nests more than 3 deep"],
    ['{"a":'.repeat(1e5), "nests more than 3 deep"],
    ["", "JSON"],
    ["{'a':1}", "JSON"],
    ['{"a":1}}', "JSON"],
    ['{"a":1,}', "JSON"],
    ['{"a\\x":1}', "JSON"],
    ['"abc', "JSON"],
    ["]]]]", "JSON"],
  ])("refuses %.20s", (text, message) => {
    expect(() => parseStrictJson(text, 3)).toThrow(SyntaxError);
    expect(() => parseStrictJson(text, 3)).toThrow(message);
  });

  it("leaves __proto__ a plain key", () => {
    const value = parseStrictJson('{"__proto__":{"polluted":true}}', 3);
    expect(Object.entries(value as object)).toEqual([["__proto__", { polluted: true }]]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it("takes time linear in the text, whatever stands in it", () => {
    // Quadratic time would take hours here.
    for (const text of [
      '"'.repeat(2e6 + 1),
      `"${'\\"'.repeat(1e6)}`,
      `"${"\\".repeat(2e6 + 1)}`,
      `{"a"${" ".repeat(2e6)}`,
      '"a" '.repeat(5e5),
    ]) {
      expect(() => parseStrictJson(text, 3)).toThrow(SyntaxError);
    }
  });
});
