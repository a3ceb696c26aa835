// The merges of a BPE vocabulary: pair of ids to rank and merged id, in one open-addressed table of 32-bit numbers.
// A Map keyed by a pair would need a string or a number above 2^31 for each look-up; this is several times faster and smaller.

import { FormatError } from "../../errors.ts";
import { shownValue } from "../json/fields.ts";

/** merge.ts packs ranks into 22 bits. The largest published vocabulary (Gemma 3) has 514,906 merges. */
const MAX_MERGES: number = 2 ** 22;

export interface MergeTable {
  /** Four numbers a slot: left id, right id, rank (lower merges first), merged id. Left is -1 in a free slot. */
  readonly slots: Int32Array;
  readonly shift: number;
  readonly leftFactor: number;
  readonly rightFactor: number;
}

/** A table with room for this many merges. */
export function createMergeTable(count: number): MergeTable {
  const bits = Math.max(4, Math.ceil(Math.log2(count * 1.5 + 1)));
  const slots = new Int32Array(4 << bits).fill(-1);
  // The factors are drawn anew for each table: a file cannot choose pairs that all fall into one slot.
  return { slots, shift: 32 - bits, leftFactor: oddFactor(), rightFactor: oddFactor() };
}

function oddFactor(): number {
  return (Math.floor(Math.random() * 2 ** 32) | 1) >>> 0;
}

function firstSlot(table: MergeTable, left: number, right: number): number {
  const mixed = Math.imul(left, table.leftFactor) + Math.imul(right, table.rightFactor);
  return (Math.imul(mixed ^ (mixed >>> 15), table.leftFactor) >>> table.shift) * 4;
}

/** Adds a merge; the same pair again takes the later rank, as in the tokenizers library. */
export function addMerge(table: MergeTable, left: number, right: number, rank: number, merged: number): void {
  const { slots } = table;
  let at = firstSlot(table, left, right);
  while (slots[at] !== -1 && (slots[at] !== left || slots[at + 1] !== right)) at = (at + 4) & (slots.length - 1);
  slots[at] = left;
  slots[at + 1] = right;
  slots[at + 2] = rank;
  slots[at + 3] = merged;
}

/** The slot of a pair (rank at slot + 2, merged id at slot + 3), or -1. */
export function findMerge(table: MergeTable, left: number, right: number): number {
  const { slots } = table;
  for (let at = firstSlot(table, left, right); slots[at] !== -1; at = (at + 4) & (slots.length - 1)) {
    if (slots[at] === left && slots[at + 1] === right) return at;
  }
  return -1;
}

/** A table of merges given as `"a b"` or `["a", "b"]`, best first. `source` names the file in errors. */
export function mergeTableOf(merges: readonly unknown[], idOf: ReadonlyMap<string, number>, source: string): MergeTable {
  if (merges.length > MAX_MERGES) throw new FormatError(`${source} has ${merges.length} merges, expected ${MAX_MERGES} at most`);
  const table = createMergeTable(merges.length);
  for (let rank = 0; rank < merges.length; rank++) {
    const [left, right] = pairOf(merges[rank], rank, source);
    addMerge(table, known(left, rank), known(right, rank), rank, known(left + right, rank));
  }
  return table;

  function known(piece: string, rank: number): number {
    const id = idOf.get(piece);
    if (id === undefined) {
      throw new FormatError(`${source}: merge ${rank} needs the token ${shownValue(piece)}, which the vocabulary does not have`);
    }
    return id;
  }
}

function pairOf(merge: unknown, rank: number, source: string): readonly [string, string] {
  if (typeof merge === "string") {
    const space = merge.indexOf(" ", 1);
    if (space !== -1) return [merge.slice(0, space), merge.slice(space + 1)];
  } else if (Array.isArray(merge) && merge.length === 2 && merge.every((side) => typeof side === "string")) return [merge[0], merge[1]];
  throw new FormatError(`${source}: merge ${rank} is ${shownValue(merge)}, expected two pieces: "a b" or ["a", "b"]`);
}

/** A table in which any two pieces whose concatenation is a piece merge to it, lowest id first: what tiktoken's ranks mean. */
export function mergeTableOfRanks(idOf: ReadonlyMap<string, number>): MergeTable {
  const pairs: number[] = [];
  for (const [piece, id] of idOf) {
    for (let cut = 1; cut < piece.length; cut++) {
      const left = idOf.get(piece.slice(0, cut));
      if (left === undefined) continue;
      const right = idOf.get(piece.slice(cut));
      if (right !== undefined) pairs.push(left, right, id);
    }
  }
  const table = createMergeTable(pairs.length / 3);
  for (let i = 0; i < pairs.length; i += 3) addMerge(table, pairs[i], pairs[i + 1], pairs[i + 2], pairs[i + 2]);
  return table;
}
