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

  it("reads prompts of like lengths one after the other, several if there is room", () => {
    const prompts = [text("first", 0, 6), text("second", 0, 7), text("third", 0, 3)];
    expect(plan(prompts).runs).toEqual({ first: 6, second: 1, third: 3 });
    expect(plan([text("first", 0, 30), text("second", 0, 15)]).runs).toEqual({ first: 10 });
    expect(plan([text("first", 6, 0, [0, 1]), text("second", 4, 3, [2]), text("third", 0, 2)]).runs).toEqual({ second: 3, third: 2 });
  });

  it("shares its tokens between the oldest prompt and much shorter ones, the shortest first", () => {
    const prompts = [text("long", 0, 30), text("short", 0, 4), text("middle", 0, 14), text("shorter", 0, 3)];
    expect(plan(prompts, { promptTokens: 9 }).runs).toEqual({ long: 5, short: 1, shorter: 3 });
    expect(plan(prompts, { promptTokens: 20 }).runs).toEqual({ long: 10, short: 4, middle: 3, shorter: 3 });
    expect(plan(prompts, { promptTokens: 60 }).runs).toEqual({ long: 30, short: 4, middle: 14, shorter: 3 });
    expect(plan(prompts, { promptTokens: 1 }).runs).toEqual({ long: 1 });
  });

  it("counts what is left of a prompt, not what it had", () => {
    const begun = text("begun", 20, 3, [0, 1, 2, 3, 4]);
    expect(plan([text("long", 0, 30), text("new", 0, 4), begun]).runs).toEqual({ long: 5, new: 2, begun: 3 });
  });

  it("leaves out texts whose callers ask for nothing", () => {
    expect(plan([text("idle", 9, 0, [0, 1, 2]), text("a", 3, 1, [3])]).runs).toEqual({ a: 1 });
    expect(plan([text("idle", 9, 0, [0, 1, 2])]).runs).toEqual({});
  });

  it("starts a prompt only while there is room for all of it, and meanwhile those that have room", () => {
    const texts = [text("running", 4, 1, [0]), text("big", 0, 17), text("small", 0, 2)];
    expect(plan(texts, { available: 7 }).runs).toEqual({ running: 1, big: 8, small: 2 });
    expect(plan(texts, { available: 6 }).runs).toEqual({ running: 1, big: 10 });
    expect(plan(texts, { available: 5 }).runs).toEqual({ running: 1, small: 2 });
    // Which hold up nothing: as soon as elders leave enough, the older prompt takes it.
    const later = [text("big", 0, 17), text("small", 2, 1, [1]), text("new", 0, 2)];
    expect(plan(later, { available: 4 })).toEqual({ runs: { big: 10 }, preempted: ["small"] });
  });

  it("goes on with a prompt that has begun before it starts a shorter one", () => {
    const texts = [text("oldest", 4, 8, [0]), text("begun", 4, 12, [1]), text("small", 0, 5)];
    expect(plan(texts, { available: 5, promptTokens: 30 }).runs).toEqual({ oldest: 8, begun: 12 });
    expect(plan(texts, { available: 7, promptTokens: 30 }).runs).toEqual({ oldest: 8, begun: 12, small: 5 });
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

  it("a prompt takes pages from younger texts only where it is the oldest prompt", () => {
    const texts = [text("first", 0, 4), text("second", 0, 8), text("young", 3, 1, [0])];
    expect(plan(texts, { available: 1 })).toEqual({ runs: { first: 4, young: 1 }, preempted: [] });
    expect(plan(texts.slice(1), { available: 1 })).toEqual({ runs: { second: 8 }, preempted: ["young"] });
  });

  it("no prompt starts while elders that ask for nothing hold up the first in line", () => {
    const texts = [text("slow", 8, 0, [0, 1]), text("big", 0, 12), text("a", 3, 1, [2]), text("small", 0, 2)];
    expect(plan(texts, { available: 1 })).toEqual({ runs: { a: 1 }, preempted: [] });
    expect(plan(texts.toSpliced(2, 1), { available: 2 })).toEqual({ runs: { big: 10 }, preempted: ["slow"] });
  });

  it("an older text that asks for nothing keeps its pages while anybody can run, and gives them when nobody can", () => {
    const slow = text("slow", 8, 0, [0, 1]);
    expect(plan([slow, text("a", 3, 1, [2]), text("b", 4, 1, [3])], { available: 0 })).toEqual({ runs: { a: 1 }, preempted: [] });
    expect(plan([slow, text("b", 4, 1, [3])], { available: 0 })).toEqual({ runs: { b: 1 }, preempted: ["slow"] });
  });
});

it("any step keeps to the pages, to its tokens and to the rights of age, and somebody runs whenever somebody asks", () => {
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

    // The oldest prompt has its half, and no tokens are left while somebody could read more.
    const oldest = asking.find((each) => left(each) > 1);
    const given = new Map(chunks.map(({ text, tokens }) => [text, tokens]));
    if (oldest && given.has(oldest)) {
      expect(given.get(oldest)).toBeGreaterThanOrEqual(Math.min(left(oldest), limits.promptTokens / 2));
    }
    const unfinished = prompts.some(({ text, tokens }) => tokens < left(text));
    if (unfinished) expect(prompts.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(limits.promptTokens);

    // Who asks and is robbed is younger than a token or the oldest prompt that runs.
    for (const each of preempted) {
      const robbers = chunks.filter(({ text }) => left(text) === 1 || text === oldest);
      expect(each.target === 0 || robbers.some(({ text }) => texts.indexOf(text) < texts.indexOf(each))).toBe(true);
    }
  }
});

const left = ({ target, table }: Waiting): number => target - table.length;

/** Texts that come, read their prompts, go on for a while and leave, all of them asking for more at once. */
function simulate(seed: number, pageCount: number, promptTokens: number, rounds: number): void {
  const rng = createRng(seed);
  interface Live extends Waiting {
    /** Tokens at its end. */
    most: number;
    /** The step in which it has ended at the latest. */
    deadline: number;
  }
  const half = promptTokens / 2;
  const unused = Array.from({ length: pageCount }, (_, i) => i);
  const live: Live[] = [];
  const needs = ({ most, target }: Live): number => Math.ceil(most / half) + (most - target) + 1;
  for (let step = 0; step < rounds || live.length > 0; step++) {
    while (step < rounds && live.length < 12) {
      const long = pageCount * PAGE;
      const most = live.some((each) => each.most === long) ? 2 + rng.integer(10) : long;
      const come: Live = { ...text(`${step}.${live.length}`, 0, most - rng.integer(most / 2)), most, deadline: 0 };
      live.push(come);
      come.deadline = step + live.reduce((sum, each) => sum + needs(each), 0); // as if each before it ran alone, with half of every step
    }
    const { chunks, preempted } = planStep(live, { available: unused.length, pageSize: PAGE, promptTokens });
    if (chunks.length === 0) throw new Error(`nobody runs in step ${step}`);
    for (const { table } of preempted) {
      unused.push(...table.pages.splice(0));
      table.length = 0;
    }
    for (const { text, tokens } of chunks) {
      text.table.length += tokens;
      const pages = Math.ceil(text.table.length / PAGE) - text.table.pages.length;
      if (pages > unused.length) throw new Error(`step ${step}: text ${text.name} has no room for ${tokens} tokens`);
      text.table.pages.push(...unused.splice(0, pages));
      if (left(text) === 0) text.target++;
    }
    for (const each of live.filter(({ most, table }) => table.length >= most)) {
      unused.push(...each.table.pages);
      live.splice(live.indexOf(each), 1);
    }
    for (const { name, deadline } of live)
      if (step > deadline) throw new Error(`step ${step}: text ${name} should have ended by ${deadline}`);
  }
  expect(unused).toHaveLength(pageCount);
}

it.each([6, 12, 40])("nobody starves, however many come after, with %i pages", (pageCount) => {
  for (const promptTokens of [2, 4, 10]) simulate(pageCount, pageCount, promptTokens, 800);
});
