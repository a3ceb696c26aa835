// What a schema says about texts, as one rule: patterns, formats and lengths, all of which have to hold. What can be said by one pattern alone is; the rest is
// an automaton. Where that would be too large, the grammar takes the shorter texts among those that are allowed.
import { UsageError } from "../../errors.ts";
import { type Automaton, isWithin } from "./automaton.ts";
import { automatonBody, automatonWork } from "./automaton-rules.ts";
import { withinLength } from "./bounded-regex.ts";
import { intersect, type Language } from "./intersect.ts";
import * as json from "./json-rules.ts";
import { isPlain, lengths, parseRegex, type Regex } from "./regex.ts";
import { regexBody } from "./regex-rules.ts";
import { MOST_WORK, type Rules } from "./rules.ts";
import { refusal } from "./schema-keywords.ts";
import { freeFormats, type StringFormat, stringFormats, unknownFormats } from "./string-formats.ts";

export interface TextKeywords {
  readonly patterns: readonly string[];
  readonly formats: readonly string[];
  /** Characters; `most` may be Infinity. */
  readonly least: number;
  readonly most: number;
  /** Of the schema, for messages. */
  readonly path: string;
}

/** States of an automaton, each of which XGrammar tries with every token. */
const MOST_STATES = 250;
const MOST_AUTOMATON_WORK = MOST_WORK / 2;
/** Where long texts would be too many states, those of up to so many characters. */
const SHORTER = [40, 24];
/** Work of two states that are held against each other. */
const PAIR = 0.002;
/** Work of a letter of a pattern, which is read each time that its schema is looked at. */
const PATTERN_LETTER = 0.001;

/** A rule of the texts between quotes. @throws UsageError naming what cannot be enforced, and where no text is allowed */
export function textRule(rules: Rules, text: TextKeywords): string {
  const { patterns, least, most, path } = text;
  if (least > most) throw new UsageError(`schema: ${path || "/"}: at least ${least} characters are asked for, at most ${most} are allowed`);
  const known = knownRules.get(rules) ?? new Map<string, string>();
  knownRules.set(rules, known);
  const key = JSON.stringify({ ...text, path: "", most: String(most) });
  for (const pattern of patterns) rules.charge(PATTERN_LETTER * pattern.length);
  const name = known.get(key) ?? ruleOf(rules, text);
  known.set(key, name);
  return name;
}
const knownRules = new WeakMap<Rules, Map<string, string>>();

function ruleOf(rules: Rules, text: TextKeywords): string {
  const { patterns, least, most, path } = text;
  for (const longest of [most, ...SHORTER.filter((shorter) => shorter < most && shorter >= least)]) {
    const regexes = regexesOf(rules, text, longest);
    if (regexes.length === 0) return json.string(rules, least, most);
    const [only] = regexes.length === 1 && isPlain(regexes[0]) ? regexes : [];
    const possible = only && lengths(only);
    if (possible && possible.least >= least && possible.most <= longest) return json.quoted(rules, only);
    const whole = automatonWithin(rules, regexes, least, longest);
    if (whole && whole.states.length > 0) return quotedAutomaton(rules, whole);
    if (whole && longest === most) throw new UsageError(`schema: ${path || "/"}: no text satisfies all that is asked of it`);
    const bounded = only && withinLength(only, least, longest);
    if (bounded) return json.quoted(rules, bounded);
  }
  throw tooMuch(text, patterns.length > 0 ? "pattern" : "format");
}

/** A text of `automaton` between quotes. */
export function quotedAutomaton(rules: Rules, automaton: Automaton): string {
  const quote = rules.literal('"');
  return rules.rule(`${quote} ${automatonBody(rules, automaton, quote, json.jsonCharacters(rules))}`);
}

function tooMuch({ least, most, path }: TextKeywords, keyword: string): UsageError {
  const bound = most < Number.POSITIVE_INFINITY ? "maxLength" : least > 0 ? "minLength" : undefined;
  if (bound === undefined) return refusal(path, keyword, ": it is too large: make it simpler");
  return refusal(
    path,
    bound,
    ` beside "${keyword}": together they are too large: say it in the pattern, as .{${least},${bound === "maxLength" ? most : ""}}`,
  );
}

/** Undefined where it is too large to be written. */
function automatonWithin(rules: Rules, regexes: readonly Regex[], least: number, most: number): Automaton | undefined {
  const possible = regexes.map(lengths);
  const longest = Math.min(...possible.map(({ most }) => most));
  if (least > MOST_STATES || (Math.min(most, longest) > MOST_STATES && Math.min(most, longest) < Number.POSITIVE_INFINITY)) {
    return undefined; // each character is a state at least
  }
  const length = lengthOf(possible.some((each) => each.least >= least) ? 0 : least, longest <= most ? Number.POSITIVE_INFINITY : most);
  const automaton = intersect([...regexes.map(languageOf), ...length], rules.charge);
  const fits = automaton && automaton.states.length <= MOST_STATES && automatonWork(automaton) <= MOST_AUTOMATON_WORK;
  return fits ? automaton : undefined;
}

function lengthOf(least: number, most: number): Language[] {
  return least > 0 || most < Number.POSITIVE_INFINITY ? [{ kind: "length", least, most }] : [];
}

/** A text, without quotes, that a pattern matches as a whole. @throws UsageError for what is no pattern, and one that is too large */
export function patternBody(rules: Rules, pattern: string): string {
  const regex = parseRegex(pattern, true, "regex");
  if (isPlain(regex)) return regexBody(rules, regex, "", rules.set);
  const automaton = automatonWithin(rules, [regex], 0, Number.POSITIVE_INFINITY);
  if (!automaton) throw new UsageError("regex: the pattern is too large to be enforced token by token: make it simpler");
  if (automaton.states.length === 0) throw new UsageError("regex: the pattern matches nothing");
  return automatonBody(rules, automaton, "", rules.set);
}

/** What the patterns and formats ask for, as one automaton with more. Undefined where that is too large. */
export function textAutomaton(rules: Rules, text: TextKeywords, others: readonly Language[]): Automaton | undefined {
  const languages = [...regexesOf(rules, text, text.most).map(languageOf), ...lengthOf(text.least, text.most), ...others];
  const automaton = intersect(languages, rules.charge);
  return automaton && automatonWork(automaton) <= MOST_AUTOMATON_WORK ? automaton : undefined;
}

/**
 * Patterns, all of which have to match a text as a whole. A format is one more, unless the patterns say all that it says.
 *
 * @param most characters of the texts that are asked for
 */
function regexesOf(rules: Rules, { patterns, formats, path }: TextKeywords, most: number): Regex[] {
  const regexes = patterns.map((pattern) => parseRegex(pattern, false, `schema: ${path}/pattern`));
  const matched = regexes.map(languageOf);
  for (const name of formats) {
    const format = checkFormat(name, path, patterns.length > 0);
    if (!format) continue;
    const parse = (source: string): Regex => parseRegex(source, true, `schema: ${path}/format`);
    if (patterns.length > 0 && most <= (format.upTo ?? most)) {
      const own = intersect([...matched, ...lengthOf(0, most)], rules.charge);
      const allowed = own && intersect([languageOf(parse(format.all))], rules.charge);
      if (own && allowed && isWithin(own, allowed, () => rules.charge(PAIR))) continue;
    }
    const plain = parse(format.plain);
    regexes.push(format.endless === undefined || withinLength(plain, 0, most) ? plain : parse(format.endless));
  }
  return regexes;
}

/**
 * What a format stands for, if for anything.
 *
 * @param withPattern then names that are no common ones are those of the pattern
 * @throws UsageError for one that cannot be enforced
 */
export function checkFormat(name: string, path: string, withPattern: boolean): StringFormat | undefined {
  const format = stringFormats.get(name);
  if (format || freeFormats.has(name) || (withPattern && !unknownFormats.has(name))) return format;
  throw refusal(path, "format", ` with ${JSON.stringify(name)}: known are ${[...stringFormats.keys(), ...freeFormats].join(", ")}`);
}

function languageOf(regex: Regex): Language {
  return { kind: "regex", regex };
}
