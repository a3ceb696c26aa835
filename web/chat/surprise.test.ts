import { expect, it } from "vitest";
import { choices, surpriseOf, visible } from "./surprise.ts";

it("the less likely a token was, the stronger its colour", () => {
  const levels = [1, 0.8, 0.7, 0.3, 0.1, 0.01, 0].map((probability) => surpriseOf({ text: "", logprob: Math.log(probability), top: [] }));
  expect(levels).toEqual([0, 0, 1, 2, 3, 4, 4]);
});

it("spaces, line ends and nothing are seen", () => {
  expect([" a", "\n\n", "\t", ""].map(visible)).toEqual(["\u2423a", "\u21b5\u21b5", "\u21e5", "\u2205"]);
});

it("a token has its place among the choices, or the last one: texts do not tell half characters apart", () => {
  const half = { text: "\ufffd", logprob: -1 };
  const top = [half, { ...half, logprob: -2 }];
  const chosenOf = (token: object) =>
    choices({ ...half, logprob: -2, top, ...token }).map(({ choice, chosen }) => [choice.logprob, chosen]);
  expect(chosenOf({ among: 1 })).toEqual([
    [-1, false],
    [-2, true],
  ]);
  expect(chosenOf({ logprob: -3 })).toEqual([
    [-1, false],
    [-2, false],
    [-3, true],
  ]);
});
