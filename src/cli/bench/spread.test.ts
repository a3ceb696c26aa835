import { expect, it } from "vitest";
import { spreadOf } from "./spread.ts";

it("the median is the middle one, or lies between the two in the middle", () => {
  expect(spreadOf([3, 1, 10])).toEqual({ min: 1, median: 3, max: 10 });
  expect(spreadOf([4, 1, 10, 3])).toEqual({ min: 1, median: 3.5, max: 10 });
  expect(spreadOf([7])).toEqual({ min: 7, median: 7, max: 7 });
});
