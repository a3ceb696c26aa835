// Regular expressions as rules, each of which is a state of an automaton and ends with the next one: a rule for a single character would end in the middle of
// tokens, and XGrammar would have to look at each token again for every token that it masks (measured: 60 ms instead of 0.05).
import { UsageError } from "../../errors.ts";
import type { CharSet } from "./char-set.ts";
import { lengths, type Regex } from "./regex.ts";
import type { Rules } from "./rules.ts";

/**
 * How one character of a set is written: in one of these ways.
 *
 * @param loops see Rules.set()
 */
export type WriteSet = (characters: CharSet, loops: boolean) => string[];

/** From so many repetitions on they are counted in blocks, which share their states. */
const BLOCK = 32;
/** Work of a repetition that is written out, whatever becomes of it: some microseconds. Repetitions within repetitions multiply. */
const REPETITION = 0.005;

/**
 * The texts of `regex`, with what comes behind them.
 *
 * @param next what comes behind, as a body of a rule; it may be empty
 * @returns    a body
 */
export function regexBody(rules: Rules, regex: Regex, next: string, write: WriteSet): string {
  switch (regex.kind) {
    case "set": {
      const ways = waysOf(regex.set, false, write);
      if (ways.length === 1) return join(ways[0], next);
      const behind = refer(rules, next);
      return rules.rule(ways.map((way) => join(way, behind)).join(" | "));
    }
    case "sequence":
      return regex.parts.reduceRight((behind, part) => regexBody(rules, part, behind, write), next);
    case "choice": {
      const behind = refer(rules, next);
      return rules.rule(regex.options.map((option) => regexBody(rules, option, behind, write) || '""').join(" | "));
    }
    case "repeat":
      // Nothing, however often.
      return lengths(regex).most === 0 ? next : repeat(rules, regex, next, write);
    default:
      return next; // anchors have been taken away
  }
}

function repeat(rules: Rules, { of, min, max }: Extract<Regex, { kind: "repeat" }>, next: string, write: WriteSet): string {
  const single = singleSet(of);
  if (max === Number.POSITIVE_INFINITY) {
    const behind = refer(rules, next);
    const name = rules.reserve();
    const bodies = single ? waysOf(single, true, write).map((way) => join(way, name)) : [regexBody(rules, of, name, write)];
    rules.define(name, [...bodies.filter((body) => body !== name), behind || '""'].join(" | "));
    return exactly(rules, of, single, min, name, write);
  }
  return exactly(rules, of, single, min, upTo(rules, of, single, max - min, next, write), write);
}

function exactly(rules: Rules, of: Regex, single: CharSet | undefined, times: number, next: string, write: WriteSet): string {
  if (times > BLOCK && single) {
    const rest = exactly(rules, of, single, times % BLOCK, next, write);
    return join(`${refer(rules, exactly(rules, of, single, BLOCK, "", write))}{${Math.floor(times / BLOCK)}}`, rest);
  }
  // Blocks that are parts of one another share their rules, since equal rules are one.
  let body = next;
  for (let i = 0; i < times; i++) {
    rules.charge(REPETITION);
    body = regexBody(rules, of, refer(rules, body), write);
  }
  return body;
}

function upTo(rules: Rules, of: Regex, single: CharSet | undefined, times: number, next: string, write: WriteSet): string {
  if (times > BLOCK && single) {
    const block = refer(rules, exactly(rules, of, single, BLOCK, "", write));
    const blocks = Math.floor(times / BLOCK);
    // A block, and what is less than one: in any other way the same text could be put together from blocks in more ways than one.
    const [lastBlock, rest] = times % BLOCK === BLOCK - 1 ? [blocks, BLOCK - 1] : [blocks - 1, BLOCK - 1];
    const short = refer(rules, upTo(rules, of, single, rest, "", write));
    const longest =
      times % BLOCK === BLOCK - 1 ? [] : [`${block}{${blocks}} ${refer(rules, upTo(rules, of, single, times % BLOCK, "", write))}`];
    const body = rules.rule([`${block}{0,${lastBlock}} ${short}`, ...longest].join(" | "));
    return join(body, next);
  }
  let body = next;
  for (let i = 0; i < times; i++) {
    rules.charge(REPETITION);
    body = rules.rule(`${regexBody(rules, of, refer(rules, body), write)} | ${refer(rules, next) || '""'}`);
  }
  return body;
}

function waysOf(set: CharSet, loops: boolean, write: WriteSet): string[] {
  const ways = set.length === 0 ? [] : write(set, loops);
  if (ways.length === 0) throw new UsageError("a set of the pattern has no character that a text can have");
  return ways;
}

function singleSet(regex: Regex): CharSet | undefined {
  if (regex.kind === "set") return regex.set;
  return regex.kind === "sequence" && regex.parts.length === 1 ? singleSet(regex.parts[0]) : undefined;
}

/** A name in place of a body, or nothing. */
function refer(rules: Rules, body: string): string {
  return body === "" ? "" : rules.rule(body);
}

function join(first: string, next: string): string {
  return next === "" ? first : `${first} ${next}`;
}
