import { describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { createRng } from "../tensor/rng.ts";
import { createStopScanner } from "./stop.ts";

/** What a reader sees of a text given in pieces: the shown text, and the stop that ended it. */
function read(stops: string[], pieces: string[]): { shown: string; stop: string | undefined; steps: string[] } {
  const scanner = createStopScanner(stops);
  const steps: string[] = [];
  for (const piece of pieces) {
    const { text, stop } = scanner.push(piece);
    steps.push(text);
    if (stop !== undefined) return { shown: steps.join(""), stop, steps };
  }
  steps.push(scanner.end());
  return { shown: steps.join(""), stop: undefined, steps };
}

describe("stop strings", () => {
  it("are found across pieces, and nothing of them is shown", () => {
    expect(read(["\nUser:"], ["Hello", "\n", "Us", "er", ": hi"])).toEqual({
      shown: "Hello",
      stop: "\nUser:",
      steps: ["Hello", "", "", "", ""],
    });
  });

  it("hold back only what may still become one", () => {
    expect(read(["</end>"], ["a<", "b</", "en", "d", "!"]).steps).toEqual(["a", "<b", "", "", "</end!", ""]);
    expect(read(["xyz"], ["abx", "y"]).steps).toEqual(["ab", "", "xy"]);
  });

  it("see a stop that begins inside a failed one", () => {
    expect(read(["aab"], ["a", "a", "a", "b", "c"])).toMatchObject({ shown: "a", stop: "aab" });
    expect(read(["abac"], ["aba", "bac"])).toMatchObject({ shown: "ab", stop: "abac" });
  });

  it("end at the one that is complete first, the longest of several", () => {
    expect(read(["abcd", "bc"], ["abcd"])).toMatchObject({ shown: "a", stop: "bc" });
    expect(read(["b", "ab"], ["a", "b"])).toMatchObject({ shown: "", stop: "ab" });
    expect(read(["ab", "abc"], ["abc"])).toMatchObject({ shown: "", stop: "ab" });
  });

  it("are characters, not bytes", () => {
    expect(read(["終わり"], ["話は終", "わ", "りだ"])).toMatchObject({ shown: "話は", stop: "終わり" });
    expect(read(["\u{1f600}!"], ["\u{1f601}", "\u{1f600}", "\u{1f600}!"])).toMatchObject({
      shown: "\u{1f601}\u{1f600}",
      stop: "\u{1f600}!",
    });
  });

  it("show everything when there are none, and when the text ends in the middle of one", () => {
    expect(read([], ["a", "b"]).steps).toEqual(["a", "b", ""]);
    expect(read(["stop"], ["don't sto"])).toMatchObject({ shown: "don't sto", stop: undefined });
  });

  it("do not depend on how the text is cut", () => {
    const rng = createRng(11);
    const word = (most: number): string => Array.from({ length: 1 + rng.integer(most) }, () => "ab"[rng.integer(2)]).join("");
    for (let round = 0; round < 2000; round++) {
      const stops = Array.from({ length: 1 + rng.integer(3) }, () => word(5));
      const text = word(30);
      const pieces: string[] = [];
      for (let at = 0; at < text.length; at += pieces[pieces.length - 1].length) pieces.push(text.slice(at, at + 1 + rng.integer(4)));

      // By definition: the shortest prefix of the text that ends with a stop, less the longest such stop.
      let expected: { shown: string; stop: string | undefined } = { shown: text, stop: undefined };
      for (let end = 1; end <= text.length && expected.stop === undefined; end++) {
        const ending = stops.filter((stop) => text.slice(0, end).endsWith(stop)).sort((a, b) => b.length - a.length);
        if (ending.length > 0) expected = { shown: text.slice(0, end - ending[0].length), stop: ending[0] };
      }
      expect(read(stops, pieces)).toMatchObject(expected);
    }
  });

  it("give nothing after the end", () => {
    const scanner = createStopScanner(["."]);
    expect(scanner.push("One. Two")).toEqual({ text: "One", stop: "." });
    expect(scanner.push(" three")).toEqual({ text: "", stop: "." });
    expect(scanner.end()).toBe("");
  });

  it("may not be empty", () => {
    expect(() => createStopScanner(["a", ""])).toThrow(UsageError);
  });
});

it("takes any number of stop strings, and after the end of a text begins with another", () => {
  const scanner = createStopScanner(Array.from({ length: 200_000 }, (_, i) => `stop ${i}.`));
  expect(scanner.push("to st")).toEqual({ text: "to ", stop: undefined });
  expect(scanner.end()).toBe("st");
  expect(scanner.push("op 7.")).toEqual({ text: "op 7.", stop: undefined });
  expect(scanner.push(" stop 7.")).toEqual({ text: " ", stop: "stop 7." });
});
