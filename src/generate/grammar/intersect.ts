// Languages of texts put together: what matches several patterns, has a length, looks ahead, or is none of something, as one automaton that knows in each
// state which characters may come. The work is counted: patterns are strangers', and an automaton can have exponentially many states.

import { type Automaton, type Edge, isWithin, type State } from "./automaton.ts";
import { type CharSet, complement, contains, intersection, union, wordCharacters } from "./char-set.ts";
import { anyCharacter, anything, type Regex } from "./regex.ts";
import { smallest } from "./smallest-automaton.ts";

export type Language =
  | { readonly kind: "regex"; readonly regex: Regex; readonly not?: boolean }
  /** Characters; `most` may be Infinity. */
  | { readonly kind: "length"; readonly least: number; readonly most: number }
  | { readonly kind: "automaton"; readonly of: Automaton };

/** States before those that are alike become one. */
const MOST_STATES = 5000;
/** Steps on the way. */
const MOST_STEPS = 200_000;
/** Work of a step, where 1 is a millisecond. */
const STEP = 0.0008;
/** Places of patterns, repetitions written out. */
const MOST_NODES = 30_000;

/** Demands within demands, without a character between them: the builder calls itself for each. */
const MOST_WITHIN = 200;

/** Thrown within, where an automaton would be too large. */
class TooLarge extends Error {}

/** What the text before a place ends with. */
const START = 0;
const NO_WORD = 1;
const WORD = 2;

/** What the rest of a text has to be, by number: those of a list refer to one another. */
type Node =
  /** Nothing. */
  | { readonly kind: "end" }
  /** Anything. */
  | { readonly kind: "rest" }
  | { readonly kind: "set"; readonly set: CharSet; readonly next: number }
  | { readonly kind: "some"; readonly of: number[] }
  | { readonly kind: "all"; readonly of: readonly number[] }
  | { readonly kind: "start"; readonly next: number }
  | { readonly kind: "boundary"; readonly not: boolean; readonly next: number }
  /** The rest is none of those. */
  | { readonly kind: "none"; readonly of: number }
  | { readonly kind: "length"; readonly least: number; readonly most: number }
  | { readonly kind: "inside" | "outside"; readonly of: Automaton; readonly state: number };

/** All of these have to hold for the rest: numbers of nodes, ascending. Without any, all may come. */
type Demand = readonly number[];

/**
 * The texts that are in all of some languages.
 *
 * @param charge counts work
 * @returns undefined where the automaton would be too large
 */
export function intersect(languages: readonly Language[], charge: (work: number) => void): Automaton | undefined {
  const count = { steps: 0 };
  const attempt = (languages: readonly Language[], most: number): Automaton | undefined => {
    const builder = createBuilder(count, count.steps + most);
    try {
      return builder.automaton(builder.all(languages.map(builder.language)), START);
    } catch (error) {
      if (error instanceof TooLarge) return undefined;
      throw error;
    }
  };
  const step = (): void => void count.steps++;
  try {
    const parts = languages.flatMap(withoutLooks);
    if (parts.length === 1) return attempt(parts, MOST_STEPS);
    // Each for itself first: what they have in common is found in fewer steps, lengths and the smallest ones first.
    const alone = parts.map((part): Language => {
      const of = part.kind === "regex" ? attempt([part], MOST_STEPS / 4) : undefined;
      return of ? { kind: "automaton", of } : part;
    });
    const [first, ...rest] = alone.sort((a, b) => sizeOf(a) - sizeOf(b));
    let common: Language = first;
    for (const [i, part] of rest.entries()) {
      if (common.kind === "automaton" && part.kind === "automaton" && isWithin(common.of, part.of, step)) continue;
      const of = attempt([common, part], MOST_STEPS);
      if (!of) return i === 0 && rest.length > 1 ? attempt(alone, MOST_STEPS) : undefined;
      common = { kind: "automaton", of };
    }
    return common.kind === "automaton" ? common.of : undefined;
  } finally {
    charge(STEP * count.steps);
  }
}

function sizeOf(language: Language): number {
  if (language.kind === "automaton") return language.of.states.length;
  return language.kind === "length" ? 0 : Number.POSITIVE_INFINITY;
}

/** A pattern that looks ahead at its beginning is several that have to match. */
function withoutLooks(language: Language): Language[] {
  if (language.kind !== "regex" || language.not || language.regex.kind !== "sequence") return [language];
  const { parts } = language.regex;
  const behind = parts.findIndex(({ kind }) => kind !== "look");
  const looks = (behind < 0 ? parts : parts.slice(0, behind)) as readonly Extract<Regex, { kind: "look" }>[];
  return [
    ...looks.map(({ of, not }): Language => ({ kind: "regex", regex: { kind: "sequence", parts: [of, anything] }, not })),
    { kind: "regex", regex: { kind: "sequence", parts: behind < 0 ? [] : parts.slice(behind) } },
  ];
}

interface Builder {
  language(language: Language): number;
  all(of: readonly number[]): number;
  automaton(node: number, before: number): Automaton;
}

/** @param most steps that the count may have come to */
function createBuilder(count: { steps: number }, most: number): Builder {
  const nodes: Node[] = [{ kind: "end" }, { kind: "rest" }];
  const [END, REST] = [0, 1];
  const shared = new Map<string, number>();
  /** Whether it matters what stands before a place, beside the beginning of the text. */
  let asksBefore = false;

  const step = (steps = 1): void => {
    count.steps += steps;
    if (count.steps > most) throw new TooLarge();
  };
  const add = (node: Node): number => {
    step();
    if (nodes.length > MOST_NODES) throw new TooLarge();
    return nodes.push(node) - 1;
  };
  /** The same number for the same node. */
  const share = (key: string, node: () => Node): number => {
    const known = shared.get(key) ?? add(node());
    shared.set(key, known);
    return known;
  };
  const all = (of: readonly number[]): number => (of.length === 1 ? of[0] : add({ kind: "all", of }));

  function language(language: Language): number {
    if (language.kind === "length") return length(language.least, language.most);
    if (language.kind === "automaton") return inside(language.of, 0);
    const node = follow(language.regex, END);
    return language.not ? add({ kind: "none", of: node }) : node;
  }

  /** `regex`, and behind it `next`. */
  function follow(regex: Regex, next: number): number {
    switch (regex.kind) {
      case "set":
        return add({ kind: "set", set: regex.set, next });
      case "sequence":
        return regex.parts.reduceRight((behind, part) => follow(part, behind), next);
      case "choice":
        return add({ kind: "some", of: regex.options.map((option) => follow(option, next)) });
      case "repeat":
        return repeat(regex, next);
      case "start":
        return add({ kind: "start", next });
      case "end":
        return all([END, next]);
      case "boundary":
        asksBefore = true;
        return add({ kind: "boundary", not: regex.not, next });
      case "look": {
        const ahead = follow(regex.of, REST);
        return all([regex.not ? add({ kind: "none", of: ahead }) : ahead, next]);
      }
    }
  }

  function repeat({ of, min, max }: Extract<Regex, { kind: "repeat" }>, next: number): number {
    let node = next;
    if (max === Number.POSITIVE_INFINITY) {
      const ways = [next];
      node = add({ kind: "some", of: ways });
      ways.push(follow(of, node));
    } else for (let i = min; i < max; i++) node = add({ kind: "some", of: [follow(of, node), next] });
    for (let i = 0; i < min; i++) node = follow(of, node);
    return node;
  }

  function length(least: number, most: number): number {
    if (least <= 0 && most === Number.POSITIVE_INFINITY) return REST;
    if (most === 0) return END;
    return share(`length ${least} ${most}`, () => ({ kind: "length", least: Math.max(0, least), most }));
  }

  function inside(of: Automaton, state: number): number {
    return share(`in ${keyOf(of)} ${state}`, () => (of.states.length > 0 ? { kind: "inside", of, state } : { kind: "some", of: [] }));
  }

  function outside(of: Automaton, state: number): number {
    return share(`outside ${keyOf(of)} ${state}`, () => (of.states.length > 0 ? { kind: "outside", of, state } : { kind: "rest" }));
  }
  const keys = new Map<Automaton, string>();
  const keyOf = (of: Automaton): string => {
    const key = keys.get(of) ?? String(keys.size);
    keys.set(of, key);
    return key;
  };
  /** Automata of what must not come, by node and what stands before it. */
  const forbidden = new Map<string, Automaton>();

  /** What a node demands, where nothing has to be read first. @param within the nodes of the kind "all" that ask for it */
  function demands(node: number, before: number, within: ReadonlySet<number>): Demand[] {
    if (within.size > MOST_WITHIN) throw new TooLarge();
    const found: Demand[] = [];
    const open = [node];
    const seen = new Set<number>();
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      step();
      if (seen.has(id)) continue;
      seen.add(id);
      const node = nodes[id];
      switch (node.kind) {
        case "rest":
          found.push([]);
          break;
        case "some":
          open.push(...node.of);
          break;
        case "start":
          if (before === START) open.push(node.next);
          break;
        case "boundary":
        case "all": {
          if (within.has(id)) break; // what leads back to itself without a character asks for nothing new
          const of = node.kind === "all" ? node.of : [beside((before === WORD) === node.not), node.next];
          const deeper = new Set(within).add(id);
          found.push(...product(of.map((part) => demands(part, before, deeper))));
          break;
        }
        case "none": {
          const key = `${node.of} ${before}`;
          const of = forbidden.get(key) ?? automaton(node.of, before);
          forbidden.set(key, of);
          open.push(outside(of, 0));
          break;
        }
        default:
          found.push([id]);
      }
    }
    return weakest(found);
  }

  /** A rest that begins with a letter of a word, or that does not. */
  function beside(word: boolean): number {
    if (word) return share("word", () => ({ kind: "set", set: wordCharacters, next: REST }));
    return share("no word", () => ({ kind: "some", of: [END, add({ kind: "set", set: complement(wordCharacters), next: REST })] }));
  }

  function product(parts: readonly Demand[][]): Demand[] {
    let [whole, ...rest] = parts;
    for (const options of rest) {
      step(whole.length * options.length);
      whole = weakest(whole.flatMap((a) => options.map((b) => (b.length === 0 ? a : a.length === 0 ? b : merge(a, b)))));
    }
    return whole;
  }

  function merge(a: Demand, b: Demand): Demand {
    const merged: number[] = [];
    for (let i = 0, j = 0; i < a.length || j < b.length; ) {
      const next = j === b.length || a[i] < b[j] ? a[i] : b[j];
      merged.push(next);
      if (a[i] === next) i++;
      if (b[j] === next) j++;
    }
    return merged;
  }

  /** Without those that demand more than another, and those that nothing satisfies. */
  function weakest(demands: Demand[]): Demand[] {
    if (demands.length === 1 && (demands[0].length === 0 || demands[0][0] !== END)) return demands;
    const found = new Map<string, Demand>();
    for (const demand of demands) {
      if (demand.length === 0) return [[]];
      if (demand[0] !== END || demand.every(mayEnd))
        found.set(demand[0] === END ? "end" : demand.join(), demand[0] === END ? [END] : demand);
    }
    const all = [...found.values()];
    if (all.every(({ length }) => length === all[0].length)) return all;
    step(all.length * all.length);
    const sets = all.map((demand) => new Set(demand));
    return all.filter(
      (demand, i) => !sets.some((other, j) => j !== i && other.size < demand.length && all[j].every((id) => sets[i].has(id))),
    );
  }

  function mayEnd(id: number): boolean {
    const node = nodes[id];
    if (node.kind === "length") return node.least === 0;
    if (node.kind === "inside" || node.kind === "outside") return node.of.states[node.state].ends === (node.kind === "inside");
    return node.kind === "end";
  }

  /** Where a character leads from what is demanded, as ranges, each with a node. */
  function waysOf(id: number): { set: CharSet; next: number }[] {
    const node = nodes[id];
    switch (node.kind) {
      case "set":
        return [node];
      case "length":
        return [{ set: anyCharacter, next: length(node.least - 1, node.most - 1) }];
      case "inside":
        return node.of.states[node.state].edges.map(({ set, to }) => ({ set, next: inside(node.of, to) }));
      case "outside": {
        const { edges } = node.of.states[node.state];
        const rest = complement(union(...edges.map(({ set }) => set)));
        return [...edges.map(({ set, to }) => ({ set, next: outside(node.of, to) })), { set: rest, next: REST }];
      }
      default:
        return [];
    }
  }

  function automaton(start: number, before: number): Automaton {
    const numbers = new Map<string, number>();
    const found: Demand[][] = [];
    const states: State[] = [];
    const stateOf = (demands: Demand[]): number => {
      const key = demands
        .map((demand) => demand.join())
        .sort()
        .join(";");
      let state = numbers.get(key);
      if (state === undefined) {
        if (found.length >= MOST_STATES) throw new TooLarge();
        state = found.push(demands) - 1;
        numbers.set(key, state);
      }
      return state;
    };
    const closures = new Map<string, Demand[]>();
    const closed = (node: number, before: number): Demand[] => {
      const key = asksBefore ? `${node} ${before}` : String(node);
      const known = closures.get(key) ?? demands(node, before, new Set());
      closures.set(key, known);
      return known;
    };
    stateOf(demands(start, before, new Set()));
    for (let at = 0; at < found.length; at++) {
      const demands = found[at];
      states.push({ edges: edgesOf(demands, closed, stateOf), ends: demands.some((demand) => demand.every(mayEnd)) });
    }
    return { states: smallest(states, step) };
  }

  function edgesOf(
    demands: readonly Demand[],
    closed: (node: number, before: number) => Demand[],
    stateOf: (demands: Demand[]) => number,
  ): Edge[] {
    const asked = [...new Set(demands.flat())];
    const ways = asked.map(waysOf);
    const sets = ways.flatMap((ways) => ways.map(({ set }) => set));
    if (asksBefore) sets.push(wordCharacters);
    const cuts = new Set([0, LAST + 1]);
    for (const set of sets) for (const [first, last] of set) cuts.add(first).add(last + 1);
    const places = [...cuts].sort((a, b) => a - b);
    step(places.length * (1 + asked.length));
    /** Ranges by what becomes of each demand. */
    const groups = new Map<string, { ranges: [number, number][]; nexts: (number | undefined)[]; word: boolean }>();
    for (let i = 0; i + 1 < places.length; i++) {
      const [first, last] = [places[i], places[i + 1] - 1];
      const nexts = ways.map((ways) => ways.find(({ set }) => contains(set, first))?.next);
      const word = asksBefore && contains(wordCharacters, first);
      const key = `${nexts.join()} ${word}`;
      const group = groups.get(key) ?? { ranges: [], nexts, word };
      groups.set(key, group);
      group.ranges.push([first, last]);
    }
    const targets = new Map<number, CharSet[]>();
    for (const { ranges, nexts, word } of groups.values()) {
      if (nexts.length > 0 && nexts.every((next) => next === undefined)) continue;
      const next = new Map(asked.map((id, i) => [id, nexts[i]]));
      const possible = demands.filter((demand) => demand.every((id) => next.get(id) !== undefined));
      const after = possible.map((demand) =>
        demand.length === 0 ? [demand] : product(demand.map((id) => closed(next.get(id)!, word ? WORD : NO_WORD))),
      );
      const behind = after.length === 1 ? after[0] : weakest(after.flat());
      if (behind.length === 0) continue;
      const set = intersection(ranges, anyCharacter); // without surrogates
      if (set.length === 0) continue;
      const to = stateOf(behind);
      targets.set(to, [...(targets.get(to) ?? []), set]);
    }
    return Array.from(targets, ([to, sets]) => ({ set: union(...sets), to }));
  }

  return { language, all, automaton };
}

const LAST = 0x10ffff;
