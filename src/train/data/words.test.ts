import { expect, it } from "vitest";
import { scanWords } from "./words.ts";

const lengthsOf = (text: string): number[] => [...scanWords(text).lengths];

it.each([
  ["Don't  stop -- it's 42!", [3, 1, 4, 2, 1, 2]],
  ["caf\u00e9 na\u00efve", [4, 5]],
  ["\u4f60\u597d, \u4e16\u754c", [1, 1, 1, 1]],
  ["\u0e2a\u0e27\u0e31", [1, 1, 1]],
  ["\u043f\u0440\u0438\u0432\u0435\u0442 \u2014 \u043c\u0438\u0440\u2026", [6, 3]],
  ["", []],
  ["... -- !", []],
])("%j has words of %j characters", (text, lengths) => expect(lengthsOf(text)).toEqual(lengths));

it("does not tell letters by case, and words by their number of letters", () => {
  expect(scanWords("The CAT").hashes).toEqual(scanWords("the cat").hashes);
  expect(new Set(scanWords("a aa aaa aaaa b bb 0 00 000").hashes).size).toBe(9);
});

it("counts characters, digits, and what stands between spaces", () => {
  expect(scanWords("Room 101: a - b\u00a0c2 !?")).toMatchObject({ characters: 15, digits: 4, tokens: 7, tokensWithLetters: 4 });
});

it("has room for as many words as there are characters", () => {
  expect(scanWords("\u4f60".repeat(1000)).hashes.length).toBe(1000);
});
