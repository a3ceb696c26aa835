// Automata that know in each state which characters may come, and what can be asked of them.
import { type CharSet, complement, contains, intersection } from "./char-set.ts";

export interface Edge {
  readonly set: CharSet;
  readonly to: number;
}

/** Deterministic, as small as can be; from each state a text can be finished. The first state is where texts begin; without any there is no text. */
export interface Automaton {
  readonly states: readonly State[];
}

export interface State {
  /** Their sets are apart. */
  readonly edges: readonly Edge[];
  /** Whether a text may end here. */
  readonly ends: boolean;
}

/**
 * Whether all texts of `part` are among those of `whole`.
 *
 * @param step called for each two states that are held against each other
 */
export function isWithin(part: Automaton, whole: Automaton, step: () => void): boolean {
  const seen = new Set<string>();
  const open: [number, number][] = part.states.length > 0 ? [[0, 0]] : [];
  for (let pair = open.pop(); pair; pair = open.pop()) {
    const [a, b] = pair;
    const key = `${a} ${b}`;
    if (seen.has(key)) continue;
    seen.add(key);
    step();
    const [own, other] = [part.states[a], whole.states[b]];
    if (!other || (own.ends && !other.ends)) return false;
    for (const edge of own.edges) {
      let left = edge.set;
      for (const { set, to } of other.edges) {
        const common = intersection(left, set);
        if (common.length === 0) continue;
        open.push([edge.to, to]);
        left = intersection(left, complement(set));
      }
      if (left.length > 0) return false;
    }
  }
  return true;
}

export function matches({ states }: Automaton, text: string): boolean {
  let state: State | undefined = states[0];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const edge: Edge | undefined = state?.edges.find(({ set }) => contains(set, code));
    if (!edge) return false;
    state = states[edge.to];
  }
  return state?.ends === true;
}
