import { describe, expect, it } from "vitest";
import { type Constraint, later } from "./constraint.ts";

/** Only the token 1 may come, twice; "1" as a text is the same. */
function ones(): Constraint & { taken: number; disposed: boolean } {
  return {
    taken: 0,
    disposed: false,
    mask: (scores) => scores.map((score, id) => (id === 1 ? score : Number.NEGATIVE_INFINITY)),
    accept() {
      this.taken++;
    },
    acceptText(text) {
      const allowed = /^1{0,2}$/.test(text);
      if (allowed) this.taken += text.length;
      return allowed;
    },
    get finished() {
      return this.taken >= 2;
    },
    dispose() {
      this.disposed = true;
    },
  };
}

describe("a constraint that begins later", () => {
  const scores = Float32Array.of(0.5, 1.5, 2.5, 3.5);

  it("forbids end tokens alone before it starts, and takes nothing", () => {
    const inner = ones();
    const late = later(inner, new Set([3]));
    expect(late.mask(scores)).toEqual(Float32Array.of(0.5, 1.5, 2.5, Number.NEGATIVE_INFINITY));
    late.accept(2);
    late.accept(1);
    expect([inner.taken, late.finished, late.started]).toEqual([0, false, false]);
    expect(scores[3]).toBe(3.5);
  });

  it("is the constraint from then on, behind what stands there already", () => {
    const inner = ones();
    const late = later(inner, new Set([3]));
    late.start("1");
    expect(late.mask(scores)).toEqual(Float32Array.of(-Infinity, 1.5, -Infinity, -Infinity));
    expect(late.finished).toBe(false);
    late.accept(1);
    expect(late.finished).toBe(true);
    late.dispose();
    expect(inner.disposed).toBe(true);
  });

  it("does not start behind a text that cannot be", () => {
    const late = later(ones(), new Set());
    expect(() => late.start("2")).toThrow('behind "2", which it forbids');
    expect(late.started).toBe(false);
  });
});
