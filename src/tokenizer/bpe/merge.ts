// Byte-pair merging: of all neighbours that have a merge, join the pair of lowest rank, leftmost first, until none is left.
// Short words scan for the lowest rank each time, which is quadratic but has no overhead; longer ones keep the pairs in a
// heap, O(n log n): a megabyte of one letter takes about a second.

import { finish, STRIDE, type Steps } from "../pauses.ts";
import { findMerge, type MergeTable } from "./merge-table.ts";

const SCAN_MAX = 40;
const NO_RANK = 0x7fffffff;

/** Merges the symbols ids[0 .. count) in place and returns how many are left. */
export function mergeSymbols(table: MergeTable, ids: Int32Array, count: number): number {
  return count <= SCAN_MAX ? mergeByScan(table, ids, count) : finish(mergeSteps(table, ids, count));
}

function rankAt(slots: Int32Array, slot: number): number {
  return slot === -1 ? NO_RANK : slots[slot + 2];
}

const scanSlots: Int32Array = new Int32Array(SCAN_MAX);

function mergeByScan(table: MergeTable, ids: Int32Array, count: number): number {
  const { slots } = table;
  const pairs = scanSlots; // pairs[i]: slot of the merge of ids[i] and ids[i + 1]
  for (let i = 0; i + 1 < count; i++) pairs[i] = findMerge(table, ids[i], ids[i + 1]);
  for (;;) {
    let best = -1;
    let bestRank = NO_RANK;
    for (let i = 0; i + 1 < count; i++) {
      const rank = rankAt(slots, pairs[i]);
      if (rank < bestRank) {
        bestRank = rank;
        best = i;
      }
    }
    if (best === -1) return count;
    ids[best] = slots[pairs[best] + 3];
    count--;
    for (let i = best + 1; i < count; i++) {
      ids[i] = ids[i + 1];
      pairs[i] = pairs[i + 1];
    }
    if (best > 0) pairs[best - 1] = findMerge(table, ids[best - 1], ids[best]);
    if (best + 1 < count) pairs[best] = findMerge(table, ids[best], ids[best + 1]);
  }
}

/** The same in steps, for long words: by a heap. */
export function* mergeSteps(table: MergeTable, ids: Int32Array, count: number): Steps<number> {
  const { slots } = table;
  const next = new Int32Array(count); // the symbols are a linked list; a symbol that was merged away has id -1
  const previous = new Int32Array(count);
  const pairs = new Int32Array(count);
  const heap = new PairHeap();
  const consider = (left: number, right: number): void => {
    const slot = right < count ? findMerge(table, ids[left], ids[right]) : -1;
    pairs[left] = slot;
    if (slot !== -1) heap.push(slots[slot + 2], left);
  };
  for (let i = 0; i < count; i++) {
    if (i % STRIDE === 0) yield;
    next[i] = i + 1;
    previous[i] = i - 1;
    consider(i, i + 1);
  }
  for (let taken = 0; heap.size > 0; taken++) {
    if (taken % STRIDE === 0) yield;
    const rank = heap.topRank();
    const left = heap.topPosition();
    heap.pop();
    if (ids[left] === -1 || rankAt(slots, pairs[left]) !== rank) continue; // outdated: one of the two has changed since
    const right = next[left];
    ids[left] = slots[pairs[left] + 3];
    ids[right] = -1;
    next[left] = next[right];
    if (next[left] < count) previous[next[left]] = left;
    consider(left, next[left]);
    if (left > 0) consider(previous[left], left);
  }
  let kept = 0;
  for (let i = 0; i < count; i = next[i]) ids[kept++] = ids[i];
  return kept;
}

// A binary heap of (rank, position) packed into one float64: 53 bits hold a rank below 2^22 and a position below 2^31.
const POSITIONS = 2 ** 31;

class PairHeap {
  size = 0;
  private keys = new Float64Array(256);

  topRank(): number {
    return Math.floor(this.keys[0] / POSITIONS);
  }

  topPosition(): number {
    return this.keys[0] % POSITIONS;
  }

  push(rank: number, position: number): void {
    if (this.size === this.keys.length) {
      const larger = new Float64Array(this.size * 2);
      larger.set(this.keys);
      this.keys = larger;
    }
    const { keys } = this;
    const key = rank * POSITIONS + position;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (keys[parent] <= key) break;
      keys[at] = keys[parent];
      at = parent;
    }
    keys[at] = key;
  }

  pop(): void {
    const { keys } = this;
    const size = --this.size;
    const key = keys[size];
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && keys[child + 1] < keys[child]) child++;
      if (keys[child] >= key) break;
      keys[at] = keys[child];
      at = child;
    }
    keys[at] = key;
  }
}
