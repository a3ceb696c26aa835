// The pages of a key/value cache: who uses them, and which text each one holds. Numbers only: keys and values are the backend's.
//
// A page is a node of a tree: its tokens follow those of its parent, so that the way from the root names all that its keys and values depend on, and
// whatever begins like an earlier text finds that text's pages (PagedAttention: Kwon 2023; a radix tree as prefix cache: Zheng 2023). Full pages are
// shared and never written again. A page that is wanted in part only is copied, and the copy goes on (copy-on-write). Pages that nobody uses any more
// stay findable until they are needed, the least recently used first.
import { InternalError } from "../errors.ts";

/** Where the first `length` tokens of one text are: a page table. */
export interface PageTable {
  /** Only texts of one kind share pages: keys and values that depend on more than the tokens before them are another kind. */
  readonly kind: number;
  /** In order; the last ones may be empty yet. */
  readonly pages: number[];
  length: number;
}

/** Keys and values to copy, before anything else is written. */
export interface PageCopy {
  readonly from: number;
  readonly to: number;
}

export interface PagePool {
  readonly pageCount: number;
  /** Tokens in a page. */
  readonly pageSize: number;
  /** Pages that can be had: those never used, and those that only wait to be found. */
  available(): number;
  /** How many of the first `most` tokens of a text of that kind are known. */
  known(kind: number, ids: readonly number[], most: number): number;
  /**
   * Lets an empty table begin with the longest known beginning of `ids`, of at most `most` tokens.
   *
   * @returns the copy that its last page is to become, where only a part of that page is wanted
   */
  adopt(table: PageTable, ids: readonly number[], most: number): PageCopy | undefined;
  /** Adds pages for `length` tokens in all; or none, and says false, where too few can be had. */
  grow(table: PageTable, length: number): boolean;
  /** Says that the keys and values of `ids` lie in the table's pages now, after the tokens before. */
  written(table: PageTable, ids: readonly number[]): void;
  /** Empties a table. What it held can be found until its pages are needed. */
  release(table: PageTable): void;
}

interface Page {
  kind: number;
  /** The tokens whose keys and values it holds; none in a page that is not in the tree. */
  ids: number[];
  /** The page before; none for the first page of a text. */
  parent: number | undefined;
  /** Pages that follow it. Only a full page has any. */
  children: number[];
  /** Tables that hold it. */
  uses: number;
}

export function createPagePool(pageCount: number, pageSize: number): PagePool {
  const pages: Page[] = Array.from({ length: pageCount }, () => ({ kind: 0, ids: [], parent: undefined, children: [], uses: 0 }));
  const roots: number[] = [];
  /** Pages that hold nothing, the lowest on top: memory that was used before is used again. */
  const free = Array.from({ length: pageCount }, (_, i) => pageCount - 1 - i);
  /**
   * Pages that hold something and are in no table, the least recently used first. A table that lets go starts at its end: so all that follows a page
   * stands before it here, and the first one has no children.
   */
  const idle = new Set<number>();

  const siblingsOf = (page: Page): number[] => (page.parent === undefined ? roots : pages[page.parent].children);

  const link = (page: number, kind: number, parent: number | undefined): void => {
    Object.assign(pages[page], { kind, parent });
    siblingsOf(pages[page]).push(page);
  };

  /** Out of the tree, to be used for something else. */
  const clear = (page: number): void => {
    const siblings = siblingsOf(pages[page]);
    siblings.splice(siblings.indexOf(page), 1);
    pages[page].ids = [];
  };

  const hold = (page: number): void => {
    if (pages[page].uses++ === 0) idle.delete(page);
  };

  const letGo = (page: number): void => {
    if (--pages[page].uses > 0) return;
    if (pages[page].ids.length === 0) {
      free.push(page);
    } else if (twinOf(page) !== undefined) {
      clear(page);
      free.push(page);
    } else {
      idle.add(page);
    }
  };

  /** Another page that holds all that this one does. */
  const twinOf = (page: number): number | undefined => {
    const { kind, ids } = pages[page];
    return siblingsOf(pages[page]).find(
      (other) => other !== page && pages[other].kind === kind && commonLength(pages[other].ids, ids, 0, ids.length) === ids.length,
    );
  };

  /** An empty page in one table, outside the tree. */
  const take = (): number | undefined => {
    let page = free.pop();
    if (page === undefined) {
      [page] = idle;
      if (page === undefined) return undefined;
      idle.delete(page);
      clear(page);
    }
    pages[page].uses = 1;
    return page;
  };

  /** Of the pages that follow `length` known tokens the one that goes on most like `ids`, and for how many tokens it does. */
  const next = (siblings: readonly number[], kind: number, ids: readonly number[], length: number, most: number): [number, number] => {
    let [best, common] = [-1, 0];
    for (const page of siblings) {
      if (pages[page].kind !== kind) continue;
      const shared = commonLength(pages[page].ids, ids, length, most);
      if (shared > common) [best, common] = [page, shared];
    }
    return [best, common];
  };

  /** The first `length` tokens of a page in a page of the table's own. */
  const copy = (table: PageTable, from: number, length: number): PageCopy | undefined => {
    hold(from); // so that it is not taken for its own copy
    const to = take();
    if (to !== undefined) {
      link(to, table.kind, table.pages.at(-1));
      pages[to].ids = pages[from].ids.slice(0, length);
      table.pages.push(to);
      table.length += length;
    }
    letGo(from);
    return to === undefined ? undefined : { from, to };
  };

  return {
    pageCount,
    pageSize,
    available: () => free.length + idle.size,

    known(kind, ids, most) {
      let length = 0;
      for (let siblings = roots; ; ) {
        const [best, common] = next(siblings, kind, ids, length, most);
        length += common;
        if (common < pageSize) return length;
        siblings = pages[best].children;
      }
    },

    adopt(table, ids, most) {
      for (let siblings = roots; ; ) {
        const [best, common] = next(siblings, table.kind, ids, table.length, most);
        if (common === 0) return undefined;
        const { ids: known, uses } = pages[best];
        if (common < known.length || (common < pageSize && uses > 0)) return copy(table, best, common);
        hold(best);
        table.pages.push(best);
        table.length += common;
        if (common < pageSize) return undefined; // and goes on in it: no other text does
        siblings = pages[best].children;
      }
    },

    grow(table, length) {
      const missing = Math.ceil(length / pageSize) - table.pages.length;
      if (missing > free.length + idle.size) return false;
      for (let i = 0; i < missing; i++) table.pages.push(take()!);
      return true;
    },

    written(table, ids) {
      for (let at = 0; at < ids.length; ) {
        const index = Math.floor(table.length / pageSize);
        const page = table.pages[index];
        if (page === undefined)
          throw new InternalError(`token ${table.length} was written beyond the ${table.pages.length} pages of its text`);
        const record = pages[page];
        if (record.ids.length === 0) link(page, table.kind, table.pages[index - 1]);
        const part = ids.slice(at, at + pageSize - record.ids.length);
        record.ids.push(...part);
        table.length += part.length;
        at += part.length;
        if (record.ids.length < pageSize) continue;
        // Two texts that ran side by side and are the same: by the one order of summation so are the bits. One page will do.
        const twin = twinOf(page);
        if (twin === undefined) continue;
        hold(twin);
        table.pages[index] = twin;
        letGo(page);
      }
    },

    release(table) {
      while (table.pages.length > 0) letGo(table.pages.pop()!);
      table.length = 0;
    },
  };
}

/** How many of the tokens of a page are those of `ids` from `from` on, of which at most those before `end` count. */
function commonLength(page: readonly number[], ids: readonly number[], from: number, end: number): number {
  const most = Math.min(page.length, end - from);
  for (let i = 0; i < most; i++) if (page[i] !== ids[from + i]) return i;
  return Math.max(most, 0);
}
