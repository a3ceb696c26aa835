// Grammars in the notation that XGrammar reads, written rule by rule. Equal rules become one, and the work of compiling them is counted: it is done in the
// thread that answers everybody, and a schema may come from a stranger.
import { UsageError } from "../../errors.ts";
import type { CharSet } from "./char-set.ts";
import { size } from "./char-set.ts";
import { utf8Sequences } from "./utf8-ranges.ts";

/**
 * The most work that a grammar may be, where 1 is about a millisecond of one core for a vocabulary of 50 thousand: XGrammar tries every token in every
 * state. Others wait for their next token meanwhile.
 */
export const MOST_WORK = 2000;
/** Of a state in which most of a vocabulary may come: measured, 10 to 20 ms. */
const WIDE_STATE = 12;
/** Of one in which few of it may. */
const NARROW_STATE = 0.5;
/** Of a letter that has to come, or a reference: 100,000 letters of enums take 0.4 s. */
const LETTER = 0.005;
/** Of a letter of a rule that is there already: making and finding it takes some time, too. */
const LETTER_AGAIN = 0.0003;
/** Repetitions of a part that are written out, each with states of its own; XGrammar counts further ones. Measured: 20 ms for a list of 100 items. */
const MOST_REPEATED = 40;
/** From so many characters on a set counts as wide. */
export const WIDE = 128;

/** The rule of a space that may come: one for all, because XGrammar would make one more of each that is written out, and takes the time of their square. */
export const SPACE = "space";

/** @param wide whether most of a vocabulary may come there */
export function stateWork(wide: boolean): number {
  return wide ? WIDE_STATE : NARROW_STATE;
}

export interface Rules {
  /** The name of the rule with this body; the body itself where it is a name. */
  rule(body: string): string;
  /** A name for a rule that will be defined later, so that others, and itself, can refer to it. */
  reserve(): string;
  define(name: string, body: string): void;
  /** Counts work that no rule shows. @throws UsageError where that is too much, as all that makes rules */
  charge(work: number): void;
  /** A text that has to come as it is. */
  literal(text: string): string;
  /**
   * One character of a set, in one of these ways.
   *
   * @param loops as often as wanted: the state is one that XGrammar does at once
   */
  set(characters: CharSet, loops?: boolean): string[];
  /** A part so and so often, `most` times at most, which may be Infinity. */
  repeat(part: string, least: number, most: number): string;
  /** Says that a rule has texts of finite length if `condition` holds, told which rules have. Rules that nothing is said of do. */
  finiteIf(name: string, condition: (ends: (rule: string) => boolean) => boolean): void;
  hasFinite(name: string): boolean;
  /** The grammar whose texts are those of `root`. */
  grammar(root: string): string;
}

export function createRules(): Rules {
  const bodies = new Map<string, string>();
  const names = new Map<string, string>();
  const conditions = new Map<string, (ends: (rule: string) => boolean) => boolean>();
  const repeats = new Set<string>();
  let finite: Set<string> | undefined;
  let work = 0;
  let count = 0;

  const charge = (cost: number): void => {
    work += cost;
    if (work > MOST_WORK) {
      throw new UsageError(
        "the format is too large to be enforced token by token: ask for shorter enums, simpler patterns, smaller maxLength and maxItems, or fewer of them",
      );
    }
  };
  const define = (name: string, body: string): void => {
    charge(LETTER * body.length);
    bodies.set(name, body);
  };

  return {
    rule(body) {
      if (/^r\d+$/.test(body)) return body;
      const known = names.get(body);
      if (known !== undefined) {
        charge(LETTER_AGAIN * body.length);
        return known;
      }
      const name = `r${count++}`;
      names.set(body, name);
      define(name, body);
      return name;
    },
    reserve: () => `r${count++}`,
    define,
    charge,
    literal: (text) => `"${Array.from(text, spell).join("")}"`,
    set(characters, loops = false) {
      charge(stateWork(!loops && size(characters) >= WIDE));
      const ascii = characters.flatMap(([first, last]) => (first > LAST_ASCII ? [] : [range(first, Math.min(last, LAST_ASCII))]));
      const sequences = utf8Sequences(characters).map((bytes) => bytes.map(([first, last]) => byteClass(first, last)).join(" "));
      return [...(ascii.length > 0 ? [`[${ascii.join("")}]`] : []), ...sequences];
    },
    repeat(part, least, most) {
      const body = `(${part}){${least},${most === Number.POSITIVE_INFINITY ? "" : most}}`;
      if (!repeats.has(body)) charge(NARROW_STATE * Math.min(MOST_REPEATED, most === Number.POSITIVE_INFINITY ? least : most));
      repeats.add(body);
      return body;
    },
    finiteIf(name, condition) {
      conditions.set(name, condition);
      finite = undefined;
    },
    hasFinite(name) {
      if (!finite) {
        finite = new Set();
        const has = (rule: string): boolean => !conditions.has(rule) || finite!.has(rule);
        for (let before = -1; finite.size > before; ) {
          before = finite.size;
          for (const [rule, condition] of conditions) if (condition(has)) finite.add(rule);
        }
      }
      return !conditions.has(name) || finite.has(name);
    },
    grammar: (root) => [`root ::= ${root}`, `${SPACE} ::= " "?`, ...Array.from(bodies, ([name, body]) => `${name} ::= ${body}`)].join("\n"),
  };
}

function spell(character: string): string {
  return /[A-Za-z0-9 _:,.{}[\]()/+-]/.test(character) ? character : codePoint(character.codePointAt(0)!);
}

function range(first: number, last: number): string {
  return codePoint(first) + (last > first ? `-${codePoint(last)}` : "");
}

/** In a class of several members numbers up to 255 are bytes; one member alone would be a character. */
function byteClass(first: number, last: number): string {
  const member = `${codePoint(first)}-${codePoint(last)}`;
  return `[${member}${first === last ? member : ""}]`;
}

const LAST_ASCII = 0x7f;

function codePoint(code: number): string {
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}
