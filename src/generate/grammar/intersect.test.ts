// Automata against the engine of regular expressions: patterns by chance, and all short texts of four letters.
import { describe, expect, it } from "vitest";
import { createRng } from "../../tensor/rng.ts";
import { isWithin, matches } from "./automaton.ts";
import { intersect, type Language } from "./intersect.ts";
import { parseRegex } from "./regex.ts";

const letters = ["a", "b", "-", "é"];
const texts = [""];
for (let from = 0, length = 1; length <= 4; length++) {
  const before = texts.slice(from);
  from = texts.length;
  texts.push(...before.flatMap((text) => letters.map((letter) => text + letter)));
}
const never = (): void => {};

function randomPattern(seed: number): string {
  const rng = createRng(seed);
  const one = <T>(items: readonly T[]): T => items[Math.floor(rng.uniform() * items.length)];
  const part = (depth: number): string =>
    depth === 0
      ? one(["a", "b", "é", "-", ".", "[ab]", "[^a]", "\\w", "\\W", "^", "$", "\\b", "\\B"])
      : one([
          () => part(0),
          () => part(0) + part(depth - 1),
          () => part(depth - 1) + part(depth - 1),
          () => `(?:${part(depth - 1)}|${part(depth - 1)})`,
          () => `(?:${part(depth - 1)})${one(["*", "+", "?", "{2}", "{1,3}", "{2,}"])}`,
          () => `(?=${part(depth - 1)})`,
          () => `(?!${part(depth - 1)})`,
        ])();
  return part(3);
}

const languageOf = (source: string): Language => ({ kind: "regex", regex: parseRegex(source, false, "pattern") });

it("matches what the engine matches, alone and together", () => {
  let engine = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const [a, b] = [randomPattern(seed), randomPattern(seed + 1000)];
    const [least, most] = [seed % 3, 2 + (seed % 4)];
    const alone = intersect([languageOf(a)], never)!;
    const all = intersect([languageOf(a), languageOf(b), { kind: "length", least, most }], never)!;
    const without = intersect([languageOf(a), { ...languageOf(b), not: true } as Language], never)!;
    const [inA, inB] = [a, b].map((source) => texts.filter((text) => new RegExp(source, "u").test(text)));
    engine += inA.length;
    expect(
      texts.filter((text) => matches(alone, text)),
      a,
    ).toEqual(inA);
    const length = (text: string): number => Array.from(text).length;
    const both = inA.filter((text) => inB.includes(text) && length(text) >= least && length(text) <= most);
    expect(
      texts.filter((text) => matches(all, text)),
      `${a} and ${b}`,
    ).toEqual(both);
    expect(
      texts.filter((text) => matches(without, text)),
      `${a} and not ${b}`,
    ).toEqual(inA.filter((text) => !inB.includes(text)));
    expect([isWithin(all, alone, never), isWithin(without, alone, never)]).toEqual([true, true]);
    if (both.length < inA.length) expect(isWithin(alone, all, never), `${a} within ${b}`).toBe(false);
  }
  expect(engine).toBeGreaterThan(1500); // patterns that match nothing would show nothing
});

describe("an automaton", () => {
  it("is as small as can be, and none where nothing matches", () => {
    const states = (...sources: string[]): number => intersect(sources.map(languageOf), never)!.states.length;
    expect(states("^(?:abc|abd|xbc|xbd)$")).toBe(4);
    expect(states("^(a|b)*$")).toBe(1);
    expect(states("^a", "^b")).toBe(0);
  });

  it("that would be too large is none, and the work counts", () => {
    let work = 0;
    expect(intersect([languageOf("a.{30}b"), languageOf("b.{30}a")], (done) => (work += done))).toBeUndefined();
    expect(work).toBeGreaterThan(50);
    expect(work).toBeLessThan(500);
  });
});
