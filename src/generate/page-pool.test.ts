// The pages of the cache: what is found is what was written, nothing is lost, nothing that others read is written.
import { describe, expect, it } from "vitest";
import { createRng } from "../tensor/rng.ts";
import { createPagePool, type PagePool, type PageTable } from "./page-pool.ts";

const PAGE = 4;
const table = (kind = 0): PageTable => ({ kind, pages: [], length: 0 });

/** A table with all of `ids`, of which `known` were there. */
function hold(pool: PagePool, ids: readonly number[], kind = 0): { table: PageTable; known: number } {
  const held = table(kind);
  pool.adopt(held, ids, ids.length);
  const known = held.length;
  expect(pool.grow(held, ids.length)).toBe(true);
  pool.written(held, ids.slice(known));
  return { table: held, known };
}

const letters = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0));

describe("a text that begins like another", () => {
  it("shares full pages and copies the one that it shares in part", () => {
    const pool = createPagePool(10, PAGE);
    const first = hold(pool, letters("once upon a time"));
    const second = table();
    const copy = pool.adopt(second, letters("once upon the hill"), 18);
    expect(second.length).toBe("once upon ".length);
    expect(second.pages.slice(0, 2)).toEqual(first.table.pages.slice(0, 2));
    expect(copy).toEqual({ from: first.table.pages[2], to: second.pages[2] });
    expect(pool.available()).toBe(10 - 5);
  });

  it("goes on in the last page of an ended text, if it wants all of that", () => {
    const pool = createPagePool(10, PAGE);
    const first = hold(pool, letters("once upon"));
    const [, , last] = first.table.pages;
    pool.release(first.table);
    const second = table();
    expect(pool.adopt(second, letters("once upon a time"), 15)).toBeUndefined();
    expect(second).toMatchObject({ length: 9, pages: expect.arrayContaining([last]) });
  });

  it("gets no more than it asks for", () => {
    const pool = createPagePool(10, PAGE);
    hold(pool, letters("abcdefgh"));
    const second = table();
    expect(pool.adopt(second, letters("abcdefgh"), 7)).toBeDefined();
    expect(second.length).toBe(7);
    expect(hold(pool, letters("abcdefgh")).known).toBe(8);
  });

  it("finds nothing of another kind", () => {
    const pool = createPagePool(10, PAGE);
    hold(pool, letters("abcdefgh"), 64);
    expect(hold(pool, letters("abcdefgh"), 65).known).toBe(0);
    expect(hold(pool, letters("abcdefgh"), 64).known).toBe(8);
  });

  it("and ran beside it ends up in the same pages", () => {
    const pool = createPagePool(10, PAGE);
    const tables = [table(), table()];
    for (const each of tables) pool.grow(each, 9);
    for (const each of tables) pool.written(each, letters("abcdefghi"));
    expect(tables[1].pages.slice(0, 2)).toEqual(tables[0].pages.slice(0, 2));
    expect(tables[1].pages[2]).not.toBe(tables[0].pages[2]);
    expect(pool.available()).toBe(10 - 4);
  });
});

describe("pages of ended texts", () => {
  it("are found again, and go when they are needed, the least recently used first and the end of a text before its beginning", () => {
    const pool = createPagePool(6, PAGE);
    const [old, recent] = ["abcdefghijkl", "ABCDEFGHIJKL"].map((text) => hold(pool, letters(text)).table);
    pool.release(old);
    pool.release(recent);
    expect(pool.available()).toBe(6);
    const next = table();
    expect(pool.grow(next, 2 * PAGE)).toBe(true);
    pool.release(next);
    expect(hold(pool, letters("abcd")).known).toBe(4);
    expect(hold(pool, letters("ABCDEFGHIJKL")).known).toBe(12);
  });

  it("hold each text once, however often it ran", () => {
    const pool = createPagePool(3, PAGE);
    for (let i = 0; i < 1000; i++) {
      const same = table();
      expect(pool.grow(same, 6)).toBe(true);
      pool.written(same, letters("abcdef"));
      pool.release(same);
      expect(pool.available()).toBe(3);
    }
    const other = table();
    pool.grow(other, 4); // the third page
    expect(hold(pool, letters("abcdef")).known).toBe(6);
  });

  it("are refused when all are in use, and then none is taken", () => {
    const pool = createPagePool(3, PAGE);
    const first = hold(pool, letters("abcdef")).table;
    const second = table();
    expect(pool.grow(second, 5)).toBe(false);
    expect(second.pages).toEqual([]);
    expect(pool.grow(second, 4)).toBe(true);
    const third = table();
    expect(pool.adopt(third, letters("abcdefgh"), 8)).toBeUndefined(); // no page for a copy
    expect(third).toMatchObject({ pages: first.pages.slice(0, 1), length: 4 });
  });
});

it("any order of beginning, running and ending texts keeps what each has written", () => {
  const rng = createRng(5);
  for (let round = 0; round < 40; round++) {
    const pageCount = 2 + rng.integer(14);
    const pool = createPagePool(pageCount, PAGE);
    /** What a backend would have in its memory: for each place, the text up to its token. */
    const memory: string[][] = Array.from({ length: pageCount }, () => []);
    const live: { table: PageTable; ids: number[] }[] = [];
    const past: number[][] = [[]];
    const upTo = (kind: number, ids: readonly number[], i: number): string => `${kind}: ${ids.slice(0, i + 1)}`;
    /** Ordinary beginnings: some known text, cut somewhere, and a few letters of a small alphabet. */
    const someText = (): number[] => {
      const known = past[rng.integer(past.length)];
      return [...known.slice(0, rng.integer(known.length + 1)), ...Array.from({ length: 1 + rng.integer(9) }, () => rng.integer(2))];
    };

    for (let move = 0; move < 120; move++) {
      const kind = rng.integer(4) === 0 ? 1 : 0;
      const one = live[rng.integer(live.length)];
      if (!one || (live.length < 4 && rng.integer(3) === 0)) {
        const begun = { table: table(kind), ids: someText() };
        const most = rng.integer(begun.ids.length + 1);
        const known = pool.known(kind, begun.ids, most);
        const copy = pool.adopt(begun.table, begun.ids, most);
        const { length } = begun.table;
        expect(length === known || (pool.available() <= 1 && length === known - (known % PAGE))).toBe(true); // where no page is left for a copy
        if (copy) memory[copy.to] = memory[copy.from].slice();
        live.push(begun);
        past.push(begun.ids);
      } else if (rng.integer(4) === 0) {
        pool.release(one.table);
        live.splice(live.indexOf(one), 1);
      } else {
        // A step: tokens of one or two texts, all written before any is told of.
        const some = live.slice(0, 1 + rng.integer(2)).map((text) => ({ ...text, tokens: 1 + rng.integer(2 * PAGE) }));
        const grown = some.filter(({ table, tokens }) => pool.grow(table, table.length + tokens));
        for (const { table, ids, tokens } of grown) {
          while (ids.length < table.length + tokens) ids.push(rng.integer(2));
          for (let i = table.length; i < table.length + tokens; i++) {
            const page = table.pages[Math.floor(i / PAGE)];
            expect(live.filter((text) => text.table.pages.includes(page))).toHaveLength(1);
            memory[page][i % PAGE] = upTo(table.kind, ids, i);
          }
        }
        for (const { table, ids, tokens } of grown) pool.written(table, ids.slice(table.length, table.length + tokens));
      }
      for (const { table, ids } of live) {
        const found = Array.from({ length: table.length }, (_, i) => memory[table.pages[Math.floor(i / PAGE)]][i % PAGE]);
        expect(found).toEqual(Array.from(found, (_, i) => upTo(table.kind, ids, i)));
      }
      expect(pool.available() + new Set(live.flatMap(({ table }) => table.pages)).size).toBe(pageCount);
    }
    for (const { table } of live) pool.release(table);
    const all = table();
    expect(pool.grow(all, pageCount * PAGE)).toBe(true);
    expect(new Set(all.pages).size).toBe(pageCount);
  }
});
