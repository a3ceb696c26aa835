// What a step runs, decided from numbers alone.
import { describe, expect, it } from "vitest";
import { createRng } from "../tensor/rng.ts";
import { planStep, type StepLimits } from "./step-plan.ts";

const PAGE = 4;

interface Waiting {
  name: string;
  target: number;
  table: { pages: number[]; length: number };
}

/** A text with `length` tokens in `pages`, whose caller waits for `asked` more. */
const text = (name: string, length: number, asked: number, pages: number[] = []): Waiting => ({
  name,
  target: asked === 0 ? 0 : length + asked,
  table: { pages, length },
});

const plan = (texts: readonly Waiting[], limits: Partial<StepLimits> = {}): { runs: Record<string, number>; preempted: string[] } => {
  const { chunks, preempted } = planStep(texts, { available: 100, pageSize: PAGE, promptTokens: 10, ...limits });
  return {
    runs: Object.fromEntries(chunks.map(({ text, tokens }) => [text.name, tokens])),
    preempted: preempted.map(({ name }) => name),
  };
};

describe("a step", () => {
  it("continues every text and reads a part of a prompt, however long that is", () => {
    const texts = [text("a", 3, 1, [0]), text("long", 0, 1000), text("b", 5, 1, [1, 2]), text("c", 7, 1, [3, 4])];
    expect(plan(texts, { available: 300 }).runs).toEqual({ a: 1, long: 10, b: 1, c: 1 });
  });

  it("reads prompts first come first served, several if there is room", () => {
    const prompts = [text("first", 0, 6), text("second", 0, 7), text("third", 0, 2)];
    expect(plan(prompts).runs).toEqual({ first: 6, second: 4 });
    expect(plan([text("first", 6, 0, [0, 1]), text("second", 4, 3, [2]), text("third", 0, 2)]).runs).toEqual({ second: 3, third: 2 });
  });

  it("leaves out texts whose callers ask for nothing", () => {
    expect(plan([text("idle", 9, 0, [0, 1, 2]), text("a", 3, 1, [3])]).runs).toEqual({ a: 1 });
    expect(plan([text("idle", 9, 0, [0, 1, 2])]).runs).toEqual({});
  });

  it("starts a prompt only while there is room for all of it, and lets no later prompt overtake it", () => {
    const texts = [text("running", 4, 1, [0]), text("big", 0, 17), text("small", 0, 2)];
    expect(plan(texts, { available: 6 }).runs).toEqual({ running: 1, big: 10 });
    expect(plan(texts, { available: 5 }).runs).toEqual({ running: 1 });
  });
});

describe("when pages are short", () => {
  it("the youngest gives its pages to an older one, and waits", () => {
    const texts = [text("old", 4, 1, [0]), text("middle", 3, 1, [1]), text("young", 3, 1, [2])];
    expect(plan(texts, { available: 0 })).toEqual({ runs: { old: 1, middle: 1 }, preempted: ["young"] });
  });

  it("the youngest itself waits, with its pages", () => {
    const texts = [text("old", 3, 1, [0]), text("young", 4, 1, [1])];
    expect(plan(texts, { available: 0 })).toEqual({ runs: { old: 1 }, preempted: [] });
  });

  it("no later prompt takes what one has given", () => {
    const texts = [text("old", 4, 1, [0]), text("young", 11, 1, [1, 2, 3]), text("new", 0, 5)];
    expect(plan(texts, { available: 0 })).toEqual({ runs: { old: 1 }, preempted: ["young"] });
  });

  it("no more texts give than are needed, and a page that another one holds as well frees nothing", () => {
    const texts = [text("old", 4, 1, [0]), text("a", 3, 1, [1]), text("b", 3, 1, [2]), text("c", 6, 1, [3, 4]), text("d", 5, 1, [3, 5])];
    expect(plan(texts, { available: 0 }).preempted).toEqual(["d"]);
    const sharing = [text("old", 4, 1, [0]), text("a", 3, 1, [1]), text("b", 4, 0, [2]), text("c", 4, 0, [2])];
    expect(plan(sharing, { available: 0 })).toEqual({ runs: { old: 1, a: 1 }, preempted: ["c", "b"] });
  });

  it("an older text that asks for nothing keeps its pages while anybody can run, and gives them when nobody can", () => {
    const slow = text("slow", 8, 0, [0, 1]);
    expect(plan([slow, text("a", 3, 1, [2]), text("b", 4, 1, [3])], { available: 0 })).toEqual({ runs: { a: 1 }, preempted: [] });
    expect(plan([slow, text("b", 4, 1, [3])], { available: 0 })).toEqual({ runs: { b: 1 }, preempted: ["slow"] });
  });
});

it("any step keeps to the pages and to the order of age, and somebody runs whenever somebody asks", () => {
  const rng = createRng(11);
  for (let round = 0; round < 3000; round++) {
    const pageCount = 4 + rng.integer(12);
    const unused = new Set(Array.from({ length: pageCount }, (_, i) => i));
    const texts: Waiting[] = [];
    for (let i = 1 + rng.integer(6); i > 0; i--) {
      const shared = texts[rng.integer(texts.length)]?.table.pages.slice(0, rng.integer(2)) ?? [];
      const own = [...unused].slice(0, rng.integer(5));
      for (const page of own) unused.delete(page);
      const pages = [...shared, ...own];
      const length = Math.max(0, pages.length * PAGE - rng.integer(PAGE));
      const most = pageCount * PAGE - length; // what the engine lets in
      const asked = [0, 1, 2 + rng.integer(30)][rng.integer(3)];
      texts.push(text(`${i}`, length, Math.min(asked, most), pages));
    }
    const limits = { available: unused.size, pageSize: PAGE, promptTokens: 1 + rng.integer(12) };
    const { chunks, preempted } = planStep(texts, limits);

    const asking = texts.filter(({ target, table }) => target > table.length);
    expect(chunks.length > 0).toBe(asking.length > 0);
    const ages = chunks.map((chunk) => texts.indexOf(chunk.text));
    expect(ages).toEqual(ages.toSorted((a, b) => a - b));
    expect(preempted.filter((each) => chunks.some((chunk) => chunk.text === each))).toEqual([]);
    for (const { text, tokens } of chunks) {
      expect(tokens).toBeGreaterThan(0);
      expect(tokens).toBeLessThanOrEqual(text.target - text.table.length);
    }
    const prompts = chunks.filter(({ text }) => text.target - text.table.length > 1);
    expect(prompts.reduce((sum, { tokens }) => sum + tokens, 0)).toBeLessThanOrEqual(limits.promptTokens);

    // Pages: what those that run hold and get, with what those that wait hold, is what there is.
    const kept = new Set(texts.filter((each) => !preempted.includes(each)).flatMap(({ table }) => table.pages));
    const added = chunks.map(({ text, tokens }) => Math.max(0, Math.ceil((text.table.length + tokens) / PAGE) - text.table.pages.length));
    expect(kept.size + added.reduce((sum, pages) => sum + pages, 0)).toBeLessThanOrEqual(pageCount);

    // Who comes later neither overtakes nor robs.
    const inTurn = asking.filter((each) => each.target - each.table.length > 1 || preempted.includes(each));
    expect(prompts.map(({ text }) => text)).toEqual(inTurn.slice(0, prompts.length));
    for (const each of preempted) expect(each.target === 0 || texts.indexOf(each) > ages[0]).toBe(true);
  }
});
