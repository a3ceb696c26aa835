// Automata without what leads nowhere, and with states that are alike as one: Hopcroft's partition, over classes of characters that no edge tells apart.

import type { Edge, State } from "./automaton.ts";
import type { Range } from "./char-set.ts";
import { union } from "./char-set.ts";

/** @param step counts work, and throws where it is too much */
export function smallest(states: readonly State[], step: (count: number) => void): State[] {
  const alive = living(states);
  if (!alive.has(0)) return [];
  const kept = [...alive];
  const numbers = new Map(kept.map((state, i) => [state, i]));
  const trimmed = kept.map((state) => ({
    ends: states[state].ends,
    edges: states[state].edges.flatMap(({ set, to }) => (alive.has(to) ? [{ set, to: numbers.get(to)! }] : [])),
  }));
  const blockOf = partition(trimmed, step);
  // Blocks in the order of their first states: the first is where texts begin.
  const order = [...new Set(blockOf)];
  const place = new Map(order.map((block, i) => [block, i]));
  return order.map((block) => {
    const { ends, edges } = trimmed[blockOf.indexOf(block)];
    const sets = new Map<number, Edge["set"][]>();
    for (const { set, to } of edges) {
      const target = place.get(blockOf[to])!;
      sets.set(target, [...(sets.get(target) ?? []), set]);
    }
    return { ends, edges: Array.from(sets, ([to, sets]) => ({ set: union(...sets), to })) };
  });
}

/** The states from which a text can be finished, in their order. */
function living(states: readonly State[]): Set<number> {
  const from: number[][] = states.map(() => []);
  for (const [state, { edges }] of states.entries()) for (const { to } of edges) from[to].push(state);
  const found = new Set<number>();
  const open = [...states.keys()].filter((state) => states[state].ends);
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    if (found.has(state)) continue;
    found.add(state);
    open.push(...from[state]);
  }
  return new Set([...found].sort((a, b) => a - b));
}

/** For each state the number of those that are alike. */
function partition(states: readonly State[], step: (count: number) => void): number[] {
  const { classes, count } = classesOf(states, step);
  step(states.length * Math.max(1, count));
  /** For each class, and each state, the states that lead to it. */
  const from = Array.from({ length: count }, () => new Map<number, number[]>());
  for (const [state, { edges }] of states.entries()) {
    for (const { set, to } of edges) {
      for (const each of classes(set)) {
        const known = from[each].get(to);
        if (known) known.push(state);
        else from[each].set(to, [state]);
      }
    }
  }
  const all = [...states.keys()];
  const blocks = [all.filter((state) => states[state].ends), all.filter((state) => !states[state].ends)].filter(({ length }) => length > 0);
  const blockOf: number[] = states.map(({ ends }) => (ends || blocks.length === 1 ? 0 : 1));
  // Where nothing may come counts as a state of its own, so that every block has to be asked about once.
  const open = new Set(blocks.keys());
  for (const splitter of open) {
    open.delete(splitter);
    const members = [...blocks[splitter]];
    for (const leading of from) {
      const reached = new Map<number, Set<number>>();
      for (const member of members) {
        for (const state of leading.get(member) ?? []) {
          const block = blockOf[state];
          reached.set(block, (reached.get(block) ?? new Set()).add(state));
        }
      }
      step(members.length);
      for (const [block, inside] of reached) {
        if (inside.size === blocks[block].length) continue;
        const outside = blocks[block].filter((state) => !inside.has(state));
        const [smaller, larger] = inside.size <= outside.length ? [[...inside], outside] : [outside, [...inside]];
        blocks[block] = larger;
        const fresh = blocks.push(smaller) - 1;
        for (const state of smaller) blockOf[state] = fresh;
        open.add(fresh);
        step(smaller.length);
      }
    }
  }
  return blockOf;
}

/** Characters that no edge tells apart are of one class. */
function classesOf(
  states: readonly State[],
  step: (count: number) => void,
): { classes: (set: readonly Range[]) => number[]; count: number } {
  const sets = new Map<string, Edge["set"]>();
  for (const { edges } of states) for (const { set } of edges) sets.set(set.join(";"), set);
  const changes = new Map<number, number[]>();
  const note = (at: number, set: number): void => void changes.set(at, [...(changes.get(at) ?? []), set]);
  for (const [i, set] of [...sets.values()].entries()) {
    for (const [first, last] of set) {
      note(first, i);
      note(last + 1, i);
    }
  }
  const inside = new Set<number>();
  const numbers = new Map<string, number>();
  const members: Set<number>[] = [...sets].map(() => new Set());
  for (const at of [...changes.keys()].sort((a, b) => a - b)) {
    for (const set of changes.get(at)!) if (!inside.delete(set)) inside.add(set);
    step(1 + inside.size);
    if (inside.size === 0) continue;
    const key = [...inside].sort((a, b) => a - b).join();
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    for (const set of inside) members[set].add(number);
  }
  const bySet = new Map([...sets.keys()].map((key, i) => [key, [...members[i]]]));
  return { classes: (set) => bySet.get(set.join(";"))!, count: numbers.size };
}
