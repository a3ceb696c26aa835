import { describe, expect, it } from "vitest";
import { literalSplitter } from "./special-tokens.ts";

describe("literalSplitter", () => {
  const tokens = [
    { text: "<|im_end|>", id: 2 },
    { text: "<|im_end|>\n", id: 3 },
    { text: "<s>", id: 1 },
    { text: "\u{1f999}\u{1f999}", id: 7 },
  ];
  const split = literalSplitter(tokens);

  it("gives a text back in parts, ids where tokens stand", () => {
    expect(split("<s>hello<|im_end|><s>")).toEqual([1, "hello", 2, 1]);
    expect(split("a \u{1f999}\u{1f999}\u{1f999} b")).toEqual(["a ", 7, "\u{1f999} b"]);
    expect(split("plain")).toEqual(["plain"]);
    expect(split("")).toEqual([]);
  });

  it("takes the longest token that starts at a place", () => {
    expect(split("x<|im_end|>\n\n")).toEqual(["x", 3, "\n"]);
    expect(
      literalSplitter([
        { text: "a", id: 0 },
        { text: "aaa", id: 1 },
      ])("aaaaa"),
    ).toEqual([1, 0, 0]);
  });

  it("leaves beginnings of tokens in the text", () => {
    expect(split("<|im_<|im_end|")).toEqual(["<|im_<|im_end|"]);
    expect(split("<|im_<|im_end|>")).toEqual(["<|im_", 2]);
  });

  it("ignores empty tokens and works without any", () => {
    expect(literalSplitter([{ text: "", id: 5 }])("ab")).toEqual(["ab"]);
    expect(literalSplitter([])("")).toEqual([]);
  });

  it("takes white space along where a token strips, U+0085 but not U+FEFF", () => {
    const strip = literalSplitter([
      { text: "<mask>", id: 1, lstrip: true },
      { text: "<end>", id: 2, rstrip: true },
    ]);
    expect(strip("a \t\u0085<mask> b")).toEqual(["a", 1, " b"]);
    expect(strip("<end> \n\ufeffx")).toEqual([2, "\ufeffx"]);
    expect(strip("<end>  <mask>")).toEqual([2, 1]);
  });

  it("finds single words only where no word touches them", () => {
    const words = literalSplitter([{ text: "cat", id: 1, singleWord: true }]);
    expect(words("cat, concat cats cat")).toEqual([1, ", concat cats ", 1]);
    expect(words("\u{1d400}cat")).toEqual(["\u{1d400}cat"]); // a mathematical bold A is a letter of two code units
  });
});
