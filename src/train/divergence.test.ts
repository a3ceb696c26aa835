import { describe, expect, it } from "vitest";
import { watchForDivergence } from "./divergence.ts";

const fed = (losses: readonly number[], gradientNorm = 1): (string | undefined)[] => {
  const watch = watchForDivergence();
  return losses.map((loss) => watch({ loss, gradientNorm }));
};

describe("a run", () => {
  it("goes on while its loss falls with some noise", () => {
    expect(fed(Array.from({ length: 300 }, (_, i) => 1 + 7 / (1 + i / 20) + 0.3 * Math.sin(i)))).not.toContainEqual(expect.any(String));
  });

  it("goes on over one bad batch", () => {
    expect(fed(Array.from({ length: 200 }, (_, i) => (i === 150 ? 8 : 2)))).not.toContainEqual(expect.any(String));
  });

  it("stops when the loss is no number, and says what to try", () => {
    expect(fed([2, Number.NaN])[1]).toMatch(/^the loss is NaN: begin anew, under another name, with a lower peak/);
  });

  it("stops when the gradients are no numbers", () => {
    expect(fed([2], Number.POSITIVE_INFINITY)[0]).toMatch(/norm of the gradients is Infinity/);
  });

  it("stops when the loss stays where it jumped to", () => {
    const told = fed(Array.from({ length: 200 }, (_, i) => (i < 100 ? 2 : 6)));
    expect(told.findIndex((trouble) => trouble !== undefined)).toBeGreaterThan(100);
    expect(told.find((trouble) => trouble !== undefined)).toMatch(/from 2.00 up to 3.\d\d/);
  });
});
