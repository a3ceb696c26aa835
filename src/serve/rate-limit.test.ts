// So many requests a minute, for each caller.
import { expect, it } from "vitest";
import { createRateLimit } from "./rate-limit.ts";

it("lets a minute's worth through at once, then one at a time, and counts callers apart", () => {
  let seconds = 0;
  const limit = createRateLimit(3, () => 1000 * seconds);
  expect([1, 2, 3].map(() => limit.take("ann"))).toEqual([0, 0, 0]);
  expect(limit.take("ann")).toBeCloseTo(20);
  expect(limit.take("bob")).toBe(0);
  limit.giveBack("bob"); // it was not served
  expect([1, 2, 3].map(() => limit.take("bob"))).toEqual([0, 0, 0]);
  seconds = 5;
  expect(limit.take("ann")).toBeCloseTo(15); // those that were refused did not count
  seconds = 20;
  expect(limit.take("ann")).toBe(0);
  expect(limit.take("ann")).toBeCloseTo(20);
});

it("lets no more through, however they come", () => {
  let milliseconds = 0;
  const limit = createRateLimit(60, () => milliseconds);
  let through = 0;
  for (; milliseconds < 600_000; milliseconds += 100) if (limit.take("ann") === 0) through++;
  expect(through).toBeGreaterThanOrEqual(600);
  expect(through).toBeLessThanOrEqual(660);
});
