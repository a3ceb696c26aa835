// JSON as models write it: one line, at most one space behind ":" and ",", and nothing that can go on for ever but texts, lists and objects themselves. A
// number has at most 15 digits, which is what a double keeps.
import { type CharSet, complement, contains, intersection, oneOf, union } from "./char-set.ts";
import { anyCharacter, type Regex } from "./regex.ts";
import { regexBody, type WriteSet } from "./regex-rules.ts";
import { type Rules, SPACE } from "./rules.ts";

export const comma = `"," ${SPACE}`;
export const colon = `":" ${SPACE}`;

export const MOST_DIGITS = 15;

const shortEscapes = new Map([...'"\\\b\f\n\r\t'].map((character, i) => [character, '"\\bfnrt'[i]]));
const controls: CharSet = [[0, 0x1f]];
/** Characters that a JSON text shows as they are. */
export const direct: CharSet = complement(union(controls, oneOf('"\\')));

/** Characters of a JSON text: each is written in one way, and control characters that have no short name only where nothing else may come. */
export function jsonCharacters(rules: Rules): WriteSet {
  return (characters, loops) => {
    const asTheyAre = intersection(characters, direct);
    const escaped = [...shortEscapes].filter(([character]) => contains(characters, character.charCodeAt(0)));
    const ways = [
      ...(asTheyAre.length > 0 ? rules.set(asTheyAre, loops) : []),
      ...(escaped.length > 0
        ? rules.set(oneOf(escaped.map(([, letter]) => letter).join("")), loops).map((way) => `${rules.literal("\\")} ${way}`)
        : []),
    ];
    if (ways.length > 0) return ways;
    const rest = intersection(characters, controls).flatMap(([first, last]) =>
      Array.from({ length: last - first + 1 }, (_, i) => first + i),
    );
    return rest.map((code) => rules.literal(`\\u${code.toString(16).padStart(4, "0")}`));
  };
}

/** A text of `regex` between quotes. */
export function quoted(rules: Rules, regex: Regex): string {
  const { literal } = rules;
  const known = quotedRules.get(rules) ?? new Map<string, string>();
  quotedRules.set(rules, known);
  const key = JSON.stringify(regex);
  const name = known.get(key) ?? rules.rule(`${literal('"')} ${regexBody(rules, regex, literal('"'), jsonCharacters(rules))}`);
  known.set(key, name);
  return name;
}
const quotedRules = new WeakMap<Rules, Map<string, string>>();

/** @param least characters, and most, which may be Infinity */
export function string(rules: Rules, least = 0, most = Number.POSITIVE_INFINITY): string {
  return quoted(rules, { kind: "repeat", of: { kind: "set", set: anyCharacter }, min: least, max: most });
}

export function integer(rules: Rules): string {
  return rules.rule(`"-"? ("0" | [1-9] [0-9]{0,${MOST_DIGITS - 1}})`);
}

/** Any double with few digits, in the range of float32 at least. */
export function number(rules: Rules): string {
  return rules.rule(`"-"? ("0" | [1-9] [0-9]{0,${MOST_DIGITS - 1}}) ("." [0-9]{1,${MOST_DIGITS}})? ([eE] [+-]? [0-9]{1,2})?`);
}

export function any(rules: Rules): string {
  const known = anyRules.get(rules);
  if (known !== undefined) return known;
  const name = rules.reserve();
  anyRules.set(rules, name);
  const scalars = [string(rules), number(rules), '"true"', '"false"', '"null"'];
  rules.define(name, [...scalars, list(rules, name), entries(rules, string(rules), name)].join(" | "));
  return name;
}
const anyRules = new WeakMap<Rules, string>();

/** A list of any length. */
function list(rules: Rules, item: string): string {
  return rules.rule(`"[" (${item} (${comma} ${item})*)? "]"`);
}

/** An object of any size. */
export function entries(rules: Rules, key: string, value: string): string {
  const entry = `${key} ${colon} ${value}`;
  return rules.rule(`"{" (${entry} (${comma} ${entry})*)? "}"`);
}

/** A value that has to come as it is, but for the spaces. */
export function constant(rules: Rules, value: unknown): string {
  if (Array.isArray(value)) return `"[" ${value.map((item) => constant(rules, item)).join(` ${comma} `)} "]"`;
  if (typeof value === "object" && value !== null) {
    const written = Object.entries(value).map(([key, item]) => `${rules.literal(JSON.stringify(key))} ${colon} ${constant(rules, item)}`);
    return `"{" ${written.join(` ${comma} `)} "}"`;
  }
  return rules.literal(JSON.stringify(value));
}

/**
 * Keys that are none of `names`: the letters of the names are a tree, and a key leaves it or ends within. Such keys have no escapes, so that none of the
 * names can be written in another way.
 */
export function otherKey(rules: Rules, names: readonly string[]): string {
  const rest: string = rules.rule(
    regexBody(rules, { kind: "repeat", of: { kind: "set", set: direct }, min: 0, max: Number.POSITIVE_INFINITY }, '"\\u0022"', rules.set),
  );
  const branch = (tails: readonly string[]): string => {
    const next = new Map<string, string[]>();
    for (const tail of tails) {
      const [letter] = tail;
      if (letter === undefined) continue;
      const tailsOf = next.get(letter);
      if (tailsOf) tailsOf.push(tail.slice(letter.length));
      else next.set(letter, [tail.slice(letter.length)]);
    }
    const elsewhere = intersection(direct, complement(oneOf([...next.keys()].join(""))));
    const ends = tails.includes("") ? [] : ['"\\u0022"'];
    const deeper = Array.from(next)
      .filter(([letter]) => contains(direct, letter.codePointAt(0)!))
      .map(([letter, tails]) => `${rules.literal(letter)} ${branch(tails)}`);
    return rules.rule([...ends, ...rules.set(elsewhere).map((way) => `${way} ${rest}`), ...deeper].join(" | "));
  };
  return rules.rule(`"\\u0022" ${branch(names)}`);
}
