import { expect, it } from "vitest";
import type { Answer } from "./conversation.ts";
import { figuresOf, percent } from "./figures.ts";

const answer = { id: "1", order: 1, role: "assistant", text: "", model: "m", state: "done" } as const satisfies Answer;
const counts = { prompt: 212, cached: 180, generated: 51 };

it("figures tell the rate of the tokens after the first", () => {
  expect(figuresOf({ ...answer, counts, time: { first: 320, rest: 2000 } })).toEqual([
    ...["51 tokens", "25.0 tokens/s", "first after 320 ms", "212 read, 180 of them cached"],
  ]);
});

it("figures leave out what is not known", () => {
  expect(figuresOf(answer)).toEqual([]);
  expect(figuresOf({ ...answer, time: { first: 12_345, rest: 0 } })).toEqual(["first after 12 s"]);
  expect(figuresOf({ ...answer, counts: { prompt: 3, cached: 0, generated: 1 }, time: { first: 1234, rest: 0 } })).toEqual([
    ...["1 token", "first after 1.2 s", "3 read"],
  ]);
});

it.each([
  [0, "100%"],
  [Math.log(0.999), "99.9%"],
  [Math.log(0.5), "50.0%"],
  [Math.log(0.0042), "0.42%"],
  [-20, "<0.01%"],
  [Number.NEGATIVE_INFINITY, "0.00%"],
])("a logprob of %d is %s", (logprob, text) => {
  expect(percent(logprob)).toBe(text);
});
