// Patterns whose texts can go on for ever, with an end: where only texts of some length are allowed, and an automaton that counts would be too large.
import { size } from "./char-set.ts";
import { flatten, lengths, MOST_TIMES, type Regex } from "./regex.ts";
import { WIDE } from "./rules.ts";

/** Repetitions within a repetition that may go on for ever, where that has to end. */
const MOST_WITHIN = 12;
const MOST_AROUND = 3;
/** Where repetitions would have to be shorter, nothing sensible could come. */
const LEAST_BOUND = 8;

/** Some of the texts of a plain pattern: those that are within a length because each of its repetitions without an end has one. */
export function withinLength(regex: Regex, least: number, most: number): Regex | undefined {
  const short = most < Number.POSITIVE_INFINITY ? shorter(regex, most) : regex;
  const found = short && atLeast(short, least);
  return found && lengths(found).least >= least ? found : undefined;
}

function shorter(regex: Regex, most: number): Regex | undefined {
  let [fits, tooMuch] = [LEAST_BOUND - 1, Math.min(most, MOST_TIMES) + 1];
  while (tooMuch - fits > 1) {
    const bound = (fits + tooMuch) >> 1;
    if (lengths(bounded(regex, bound)).most <= most) fits = bound;
    else tooMuch = bound;
  }
  return fits < LEAST_BOUND ? undefined : bounded(regex, fits);
}

function bounded(regex: Regex, bound: number): Regex {
  switch (regex.kind) {
    case "sequence": {
      // Of repetitions of any characters the last one alone may be long: each character is a state that takes its time.
      const last = regex.parts.findLastIndex(isWide);
      const boundOf = (part: Regex, i: number): number => (isWide(part) && i < last ? Math.min(bound, MOST_WITHIN) : bound);
      return { kind: "sequence", parts: regex.parts.map((part, i) => bounded(part, boundOf(part, i))) };
    }
    case "choice":
      return { kind: "choice", options: regex.options.map((option) => bounded(option, bound)) };
    case "repeat": {
      if (regex.max < Number.POSITIVE_INFINITY) return { ...regex, of: bounded(regex.of, MOST_WITHIN) };
      const single = lengths(regex.of).most === 1;
      const of = single ? regex.of : bounded(regex.of, Math.min(bound, MOST_WITHIN));
      return { ...regex, of, max: single ? Math.max(regex.min, bound) : regex.min + MOST_AROUND };
    }
    default:
      return regex;
  }
}

function isWide(regex: Regex): boolean {
  return regex.kind === "repeat" && regex.max === Number.POSITIVE_INFINITY && regex.of.kind === "set" && size(regex.of.set) >= WIDE;
}

/** Longer, by its first repetition of single characters that may be. */
function atLeast(regex: Regex, least: number): Regex {
  if (regex.kind === "choice") return { kind: "choice", options: regex.options.map((option) => atLeast(option, least)) };
  const lacking = least - lengths(regex).least;
  const parts = flatten(regex);
  const at = parts.findIndex((part) => part.kind === "repeat" && lengths(part.of).least === 1 && part.max >= part.min + lacking);
  if (lacking <= 0 || at < 0) return regex;
  const part = parts[at] as Extract<Regex, { kind: "repeat" }>;
  return { kind: "sequence", parts: parts.with(at, { ...part, min: part.min + lacking }) };
}
