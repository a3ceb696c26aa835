// Automata as rules: each state is a rule that ends with the next one, as with regular expressions (regex-rules.ts).

import type { Automaton, State } from "./automaton.ts";
import { size } from "./char-set.ts";
import type { WriteSet } from "./regex-rules.ts";
import { type Rules, stateWork, WIDE } from "./rules.ts";

/** How a character of an edge is written. */
interface Way {
  readonly way: string;
  readonly to: number;
  /** It is the only one of its edge. */
  readonly alone: boolean;
}

/**
 * The texts of `automaton`, with what comes behind them.
 *
 * @param next what comes behind, as a body of a rule; it may be empty
 * @returns    a body
 */
export function automatonBody(rules: Rules, { states }: Automaton, next: string, write: WriteSet): string {
  const waysTo = states.map(() => 0);
  for (const { edges } of states) for (const { to } of edges) waysTo[to]++;
  const names = new Map<number, string>();
  const open: number[] = [];
  const nameOf = (state: number): string => {
    const known = names.get(state) ?? rules.reserve();
    if (!names.has(state)) open.push(state);
    names.set(state, known);
    return known;
  };
  const written = new Map<number, Way[]>();
  const waysOf = (state: number): Way[] => {
    const ways =
      written.get(state) ??
      states[state].edges.flatMap(({ set, to }) => {
        const ways = write(set, to === state);
        return ways.map((way) => ({ way, to, alone: ways.length === 1 }));
      });
    written.set(state, ways);
    return ways;
  };
  /** What follows: in one go as long as there is one way to go on, and none other leads there; else a rule. */
  const behind = (state: number): string => {
    const { edges, ends } = states[state];
    if (edges.length === 0) return next;
    const [only, ...others] = waysTo[state] === 1 && !ends ? waysOf(state) : [];
    return only && others.length === 0 ? `${only.way} ${behind(only.to)}`.trimEnd() : nameOf(state);
  };
  const bodyOf = (state: number): string =>
    [
      ...waysOf(state).map(({ way, to, alone }) => `${way} ${alone ? behind(to) : nameOf(to)}`.trimEnd()),
      ...(states[state].ends ? [next || '""'] : []),
    ].join(" | ");
  const first = nameOf(0);
  for (let state = open.pop(); state !== undefined; state = open.pop()) rules.define(names.get(state)!, bodyOf(state));
  return first;
}

/** The work of compiling its rules, about. */
export function automatonWork({ states }: Automaton): number {
  const wide = ({ edges }: State, at: number): boolean => edges.some(({ set, to }) => to !== at && size(set) >= WIDE);
  return states.reduce((sum, state, at) => sum + stateWork(wide(state, at)), 0);
}
