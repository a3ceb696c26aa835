// Regular expressions as JavaScript and JSON Schema write them, as far as an automaton can follow them: no looks behind, no references back. A pattern of a
// schema may match anywhere in a text, so that what may stand around it is made part of it.
import { UsageError } from "../../errors.ts";
import { type CharSet, complement, digits, lineBreaks, oneOf, size, spaces, union, wordCharacters } from "./char-set.ts";
import { unicodeSet } from "./unicode-sets.ts";

export type Regex =
  | { readonly kind: "set"; readonly set: CharSet }
  | { readonly kind: "sequence"; readonly parts: readonly Regex[] }
  | { readonly kind: "choice"; readonly options: readonly Regex[] }
  /** `max` may be Infinity. */
  | { readonly kind: "repeat"; readonly of: Regex; readonly min: number; readonly max: number }
  /** Nothing, where the text begins, or ends. */
  | { readonly kind: "start" }
  | { readonly kind: "end" }
  /** Nothing, where a word begins or ends; `not`: where none does. */
  | { readonly kind: "boundary"; readonly not: boolean }
  /** Nothing, where something may follow; `not`: may not. */
  | { readonly kind: "look"; readonly of: Regex; readonly not: boolean };

/** Letters of a pattern: more is no pattern that anybody wrote by hand. */
const LONGEST = 2000;
/** Groups within groups: the parser calls itself for each. */
const DEEPEST = 50;
/** Repetitions of one part. */
export const MOST_TIMES = 10_000;
/** Sets of characters by their Unicode properties: each is looked up in all that there are, in some 20 ms. */
const MOST_PROPERTIES = 8;

export const anyCharacter: CharSet = complement([]);
const notLineBreak: CharSet = complement(lineBreaks);

/**
 * A pattern whose texts are all those in which `source` matches somewhere.
 *
 * @param whole  the text has to match as a whole, whether or not ^ and $ say so
 * @param prefix of messages
 * @throws UsageError for what is no pattern, and naming what an automaton cannot follow
 */
export function parseRegex(source: string, whole: boolean, prefix: string): Regex {
  if (source.length > LONGEST)
    throw new UsageError(`${prefix}: the pattern has ${source.length} letters, ${LONGEST} at most can be enforced`);
  const unicode = compiles(source, "u");
  if (!unicode && !compiles(source, "")) throw new UsageError(`${prefix}: ${JSON.stringify(source)} is no regular expression`);
  const parsed = createParser(source, unicode, prefix).parse();
  return anchor(parsed, !whole, !whole);
}

function compiles(source: string, flags: string): boolean {
  try {
    new RegExp(source, flags);
    return true;
  } catch {
    return false;
  }
}

/** Fewest and most characters of its texts. */
export function lengths(regex: Regex): { least: number; most: number } {
  switch (regex.kind) {
    case "set":
      return { least: 1, most: 1 };
    case "sequence": {
      const parts = regex.parts.map(lengths);
      return { least: parts.reduce((sum, part) => sum + part.least, 0), most: parts.reduce((sum, part) => sum + part.most, 0) };
    }
    case "choice": {
      const options = regex.options.map(lengths);
      return { least: Math.min(...options.map(({ least }) => least)), most: Math.max(...options.map(({ most }) => most)) };
    }
    case "repeat": {
      const { least, most } = lengths(regex.of);
      return { least: least * regex.min, most: most === 0 || regex.max === 0 ? 0 : most * regex.max };
    }
    default:
      return { least: 0, most: 0 };
  }
}

export const anything: Regex = { kind: "repeat", of: { kind: "set", set: anyCharacter }, min: 0, max: Number.POSITIVE_INFINITY };

/** Takes ^ and $ away where they stand at the border of the pattern, and lets anything stand before and behind where they do not. */
function anchor(regex: Regex, openStart: boolean, openEnd: boolean): Regex {
  if (regex.kind === "choice") return { kind: "choice", options: regex.options.map((option) => anchor(option, openStart, openEnd)) };
  const parts = flatten(regex);
  const only = parts.length === 1 ? parts[0] : undefined;
  if (only?.kind === "choice") return anchor(only, openStart, openEnd);
  const anchoredStart = parts[0]?.kind === "start";
  const anchoredEnd = parts.at(-1)?.kind === "end";
  const inner = parts.slice(anchoredStart ? 1 : 0, anchoredEnd ? -1 : undefined);
  const [before, behind] = [openStart && !anchoredStart, openEnd && !anchoredEnd];
  // Beside anything, what may be nothing says nothing.
  while (before && mayBeLeftOut(inner[0])) inner.shift();
  while (behind && mayBeLeftOut(inner.at(-1))) inner.pop();
  return { kind: "sequence", parts: [...(before ? [anything] : []), ...inner, ...(behind ? [anything] : [])] };
}

function mayBeLeftOut(part: Regex | undefined): boolean {
  return part?.kind === "repeat" && part.min === 0;
}

export function flatten(regex: Regex): Regex[] {
  return regex.kind === "sequence" ? regex.parts.flatMap(flatten) : [regex];
}

/** Whether it speaks of characters alone, and not of places between them. */
export function isPlain(regex: Regex): boolean {
  switch (regex.kind) {
    case "set":
      return true;
    case "sequence":
      return regex.parts.every(isPlain);
    case "choice":
      return regex.options.every(isPlain);
    case "repeat":
      return isPlain(regex.of);
    default:
      return false;
  }
}

/** The engine has read the pattern before, so that what is wrong here is only what cannot be followed. */
function createParser(source: string, unicode: boolean, prefix: string): { parse(): Regex } {
  const letters = Array.from(source);
  const properties = new Set<string>();
  let at = 0;
  let depth = 0;
  const refuse = (what: string): UsageError => new UsageError(`${prefix}: ${what} cannot be enforced in a pattern`);
  const takes = (text: string): boolean => {
    if (letters.slice(at, at + text.length).join("") !== text) return false;
    at += text.length;
    return true;
  };

  function choice(): Regex {
    if (++depth > DEEPEST) throw refuse(`more than ${DEEPEST} groups within each other`);
    const options = [sequence()];
    while (takes("|")) options.push(sequence());
    depth--;
    return options.length === 1 ? options[0] : { kind: "choice", options };
  }

  function sequence(): Regex {
    const parts: Regex[] = [];
    while (at < letters.length && letters[at] !== "|" && letters[at] !== ")") parts.push(quantified());
    return { kind: "sequence", parts };
  }

  function quantified(): Regex {
    const of = atom();
    const times = quantifier();
    if (!times) return of;
    takes("?"); // lazy: the same texts
    const [min, max] = times;
    if (min > MOST_TIMES || (max > MOST_TIMES && max !== Number.POSITIVE_INFINITY)) throw refuse(`more than ${MOST_TIMES} repetitions`);
    return { kind: "repeat", of, min, max };
  }

  function quantifier(): [number, number] | undefined {
    if (takes("*")) return [0, Number.POSITIVE_INFINITY];
    if (takes("+")) return [1, Number.POSITIVE_INFINITY];
    if (takes("?")) return [0, 1];
    const braces = /^\{(\d+)(,(\d*))?\}/.exec(letters.slice(at, at + 40).join(""));
    if (!braces) return undefined;
    at += braces[0].length;
    const [, min, range, max] = braces;
    return [Number(min), range === undefined ? Number(min) : max === "" ? Number.POSITIVE_INFINITY : Number(max)];
  }

  function atom(): Regex {
    const letter = letters[at++];
    switch (letter) {
      case "^":
        return { kind: "start" };
      case "$":
        return { kind: "end" };
      case ".":
        return { kind: "set", set: notLineBreak };
      case "(":
        return group();
      case "[":
        return { kind: "set", set: brackets() };
      case "\\":
        if (takes("b")) return { kind: "boundary", not: false };
        if (takes("B")) return { kind: "boundary", not: true };
        return { kind: "set", set: escaped() };
      default:
        return { kind: "set", set: oneOf(letter) };
    }
  }

  function group(): Regex {
    for (const look of ["?<=", "?<!"]) if (takes(look)) throw refuse(`"(${look}" (a look behind)`);
    const not = takes("?!");
    const looks = not || takes("?=");
    if (takes("?<")) while (letters[at++] !== ">");
    else if (!looks && letters[at] === "?" && !takes("?:")) throw refuse(`"(?${letters[at + 1]}"`);
    const of = choice();
    at++; // ")"
    return looks ? { kind: "look", of, not } : of;
  }

  function brackets(): CharSet {
    const negated = takes("^");
    const sets: CharSet[] = [];
    while (letters[at] !== "]") {
      const first = member();
      if (letters[at] !== "-" || letters[at + 1] === "]") {
        sets.push(first);
        continue;
      }
      at++;
      const last = member();
      // Without the flag u, [\w-.] is three members.
      if (size(first) > 1 || size(last) > 1) sets.push(first, last, oneOf("-"));
      else sets.push([[first[0][0], last[0][0]]]);
    }
    at++;
    const set = union(...sets);
    // The surrogates come off by the way.
    return negated ? complement(set) : complement(complement(set));
  }

  function member(): CharSet {
    const letter = letters[at++];
    return letter === "\\" ? escaped() : oneOf(letter);
  }

  function escaped(): CharSet {
    const letter = letters[at++];
    switch (letter) {
      case "d":
        return digits;
      case "D":
        return complement(digits);
      case "w":
        return wordCharacters;
      case "W":
        return complement(wordCharacters);
      case "s":
        return spaces;
      case "S":
        return complement(spaces);
      case "b":
        return oneOf("\b"); // in brackets: elsewhere it is no character
      case "p":
      case "P":
        if (unicode) return letter === "p" ? property() : complement(property());
        break;
      case "n":
        return oneOf("\n");
      case "r":
        return oneOf("\r");
      case "t":
        return oneOf("\t");
      case "v":
        return oneOf("\v");
      case "f":
        return oneOf("\f");
      case "x":
        return code(2);
      case "u":
        return takes("{") ? code(letters.indexOf("}", at) - at, 1) : surrogatePair(code(4));
      case "c":
        return oneOf(String.fromCharCode(letters[at++].charCodeAt(0) % 32));
      case "0":
        return oneOf("\0");
    }
    if (/[A-Za-z1-9]/.test(letter)) throw refuse(`"\\${letter}"`);
    return oneOf(letter);
  }

  function property(): CharSet {
    const end = letters.indexOf("}", at);
    const name = letters.slice(at + 1, end).join("");
    at = end + 1;
    if (properties.add(name).size > MOST_PROPERTIES) throw refuse(`more than ${MOST_PROPERTIES} Unicode properties`);
    return unicodeSet(name);
  }

  function code(count: number, behind = 0): CharSet {
    const value = Number.parseInt(letters.slice(at, at + count).join(""), 16);
    at += count + behind;
    return [[value, value]];
  }

  function surrogatePair(high: CharSet): CharSet {
    const [[value]] = high;
    if (value < 0xd800 || value > 0xdbff || !takes("\\u")) return high;
    const [[low]] = code(4);
    const joined = 0x10000 + (value - 0xd800) * 0x400 + low - 0xdc00;
    return [[joined, joined]];
  }

  return { parse: choice };
}
