// expect(values).toBeWithin(tolerance, expected): every number within an absolute distance; the message names the worst one.
import { expect } from "vitest";

export type Numbers = ArrayLike<number> | readonly Numbers[];

function flatten(numbers: Numbers, into: number[] = []): number[] {
  for (const x of Array.from(numbers as ArrayLike<number | Numbers>)) {
    if (typeof x === "number") into.push(x);
    else flatten(x, into);
  }
  return into;
}

expect.extend({
  toBeWithin(received: Numbers, tolerance: number, expected: Numbers) {
    const actual = flatten(received);
    const wanted = flatten(expected);
    if (actual.length !== wanted.length || wanted.length === 0) {
      return { pass: false, message: () => `got ${actual.length} numbers, expected ${wanted.length} (and more than none)` };
    }
    let worst = 0;
    let distance = 0;
    for (let i = 0; i < wanted.length; i++) {
      const d = actual[i] === wanted[i] ? 0 : Math.abs(actual[i] - wanted[i]);
      if (d <= distance) continue;
      worst = i;
      distance = Number.isNaN(d) ? Number.POSITIVE_INFINITY : d;
    }
    return {
      pass: distance <= tolerance,
      message: () =>
        `value ${worst} of ${wanted.length} is ${actual[worst]}, expected ${wanted[worst]}: off by ${distance}, allowed ${tolerance}`,
    };
  },
});

declare module "vitest" {
  interface Matchers<T> {
    /** Every number is within `tolerance` (absolute) of its counterpart; nested arrays are flattened. */
    toBeWithin(tolerance: number, expected: Numbers): T;
  }
}
