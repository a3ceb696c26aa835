import { describe, expect, it } from "vitest";
import { createJsonScanner, type JsonState } from "./json-scanner.ts";

/** The state after the whole text, or after the first letter that decides. */
function scan(text: string): { state: JsonState; read: number } {
  const scanner = createJsonScanner();
  let state: JsonState = "more";
  let read = 0;
  while (read < text.length && state === "more") state = scanner.push(text[read++]);
  return { state, read };
}

const values = [
  "{}",
  " \n[ ]",
  '{"a": [1, -2.5e+10, 0, 0.25, -0], "b": {"c": null, "d": [true, false]}}',
  '{"\\u00fc\\"\\\\": "\\n/ é 😀"}',
  '[[[{"": ""}]]]',
  "[1]",
  "[1.0E5,\t2]",
];

describe("the end of a JSON value in a text that is still coming", () => {
  it.each(values)("is found in %s", (value) => {
    expect(() => JSON.parse(value)).not.toThrow();
    expect(scan(`${value} and more`)).toEqual({ state: "done", read: value.length });
    for (let cut = 0; cut < value.length; cut++) expect(scan(value.slice(0, cut)).state).toBe("more");
  });

  it("agrees with JSON.parse about texts with one letter changed", () => {
    const letters = '{}[]:,"\\ 01-.eEtn\n';
    for (const value of values) {
      for (let at = 0; at < value.length; at++) {
        for (const letter of letters) {
          const changed = value.slice(0, at) + letter + value.slice(at + 1);
          const { state, read } = scan(changed);
          let parses = true;
          try {
            parses = typeof JSON.parse(changed.slice(0, read)) === "object";
          } catch {
            parses = false;
          }
          expect([changed, state === "done"]).toEqual([changed, parses]);
        }
      }
    }
  });

  it.each(["1", '"a"', "true", "x"])("is not looked for in %s, which is neither object nor array", (text) => {
    expect(scan(text).state).toBe("wrong");
  });

  it("does not follow values deeper than anybody writes", () => {
    expect(scan("[".repeat(256)).state).toBe("more");
    expect(scan("[".repeat(257)).state).toBe("wrong");
  });
});
