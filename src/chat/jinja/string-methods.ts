// The methods of Python's str that templates may call. Left out: encode, translate, expandtabs, isidentifier, format_map, and the
// specifications of format ("{:>10}"); they are undefined, so calling one is an error.
import { UnsupportedError, UsageError } from "../../errors.ts";
import { bind, toInteger, toText } from "./arguments.ts";
import type { Budget } from "./limits.ts";
import { iterate } from "./sequences.ts";
import { isSpace, points, SPACE, slicePoints, str } from "./text.ts";
import { type Arguments, Tuple, Undefined, type Value } from "./values.ts";

type StringMethod = (budget: Budget, self: string, args: Arguments) => Value;

export const stringMethods: ReadonlyMap<string, StringMethod> = new Map<string, StringMethod>([
  ["upper", (_, s) => s.toUpperCase()],
  ["lower", (_, s) => s.toLowerCase()],
  ["casefold", (_, s) => s.toLowerCase()],
  ["capitalize", (_, s) => capitalize(s)],
  ["title", (_, s) => s.replace(/\p{L}+/gu, capitalize)],
  ["swapcase", (_, s) => s.replace(/\p{L}/gu, (c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase()))],
  ["strip", (budget, s, args) => strip(budget, s, bind("strip", args, "chars")[0], "both")],
  ["lstrip", (budget, s, args) => strip(budget, s, bind("lstrip", args, "chars")[0], "start")],
  ["rstrip", (budget, s, args) => strip(budget, s, bind("rstrip", args, "chars")[0], "end")],
  ["split", (budget, s, args) => split(budget, s, args, "start")],
  ["rsplit", (budget, s, args) => split(budget, s, args, "end")],
  ["splitlines", (budget, s, args) => paid(budget, splitLines(s, Boolean(bind("splitlines", args, "keepends")[0])))],
  ["partition", (_, s, args) => partition(s, args, "start")],
  ["rpartition", (_, s, args) => partition(s, args, "end")],
  [
    "join",
    (budget, s, args) =>
      joinTexts(
        budget,
        s,
        iterate(budget, bind("join", args, "iterable")[0] ?? null).map((item) => toText("join", item)),
      ),
  ],
  ["replace", (budget, s, args) => replace(budget, s, args)],
  ["startswith", (_, s, args) => affix("startswith", args, (part) => s.startsWith(part))],
  ["endswith", (_, s, args) => affix("endswith", args, (part) => s.endsWith(part))],
  ["removeprefix", (_, s, args) => removeAffix(s, toText("removeprefix", bind("removeprefix", args, "prefix")[0]), "start")],
  ["removesuffix", (_, s, args) => removeAffix(s, toText("removesuffix", bind("removesuffix", args, "suffix")[0]), "end")],
  ["find", (budget, s, args) => find(budget, "find", s, args, "start")],
  ["rfind", (budget, s, args) => find(budget, "rfind", s, args, "end")],
  ["index", (budget, s, args) => found(find(budget, "index", s, args, "start"))],
  ["rindex", (budget, s, args) => found(find(budget, "rindex", s, args, "end"))],
  ["count", (budget, s, args) => BigInt(occurrences(budget, s, toText("count", bind("count", args, "sub")[0])))],
  ["center", (budget, s, args) => justify(budget, "center", s, args)],
  ["ljust", (budget, s, args) => justify(budget, "ljust", s, args)],
  ["rjust", (budget, s, args) => justify(budget, "rjust", s, args)],
  ["zfill", (budget, s, args) => zfill(budget, s, toInteger("zfill", bind("zfill", args, "width")[0]))],
  ["format", format],
  ["isupper", (_, s) => isCased(s, (c) => c.toUpperCase())],
  ["islower", (_, s) => isCased(s, (c) => c.toLowerCase())],
  ["isspace", (_, s) => new RegExp(`^[${SPACE}]+$`).test(s)],
  ["isalpha", (_, s) => /^\p{L}+$/u.test(s)],
  ["isalnum", (_, s) => /^[\p{L}\p{N}]+$/u.test(s)],
  ["isdigit", (_, s) => /^[\p{Nd}\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089]+$/u.test(s)],
  ["isdecimal", (_, s) => /^\p{Nd}+$/u.test(s)],
  ["isnumeric", (_, s) => /^\p{N}+$/u.test(s)],
]);

export function capitalize(text: string): string {
  const [first = ""] = text;
  return first.toUpperCase() + text.slice(first.length).toLowerCase();
}

/** Has letters with a case, and all of them in the given one. */
export function isCased(text: string, toCase: (text: string) => string): boolean {
  return toCase(text) === text && text.toLowerCase() !== text.toUpperCase();
}

/** Without white space, or without any of the given characters, at one end or both. */
export function strip(budget: Budget, text: string, characters: Value | undefined, ends: "start" | "end" | "both"): string {
  const set = characters === undefined || characters === null ? undefined : new Set(toText("strip", characters));
  const dropped = (c: string) => (set ? set.has(c) : isSpace(c));
  const all = points(budget, text);
  let start = 0;
  let end = all.length;
  if (ends !== "end") while (start < end && dropped(all[start]!)) start++;
  if (ends !== "start") while (end > start && dropped(all[end - 1]!)) end--;
  return slicePoints(all, start, end);
}

function split(budget: Budget, text: string, args: Arguments, from: "start" | "end"): Value[] {
  const [sep, maxsplit] = bind("split", args, "sep", "maxsplit");
  const limit = maxsplit === undefined ? -1 : toInteger("split", maxsplit);
  if (sep === undefined || sep === null) return paid(budget, splitSpace(text, limit, from));
  const separator = toText("split", sep);
  if (separator === "") throw new UsageError("split: the separator is empty");
  const parts = text.split(separator);
  if (limit < 0 || parts.length <= limit + 1) return paid(budget, parts);
  const joined = from === "start" ? [...parts.slice(0, limit), parts.slice(limit).join(separator)] : [];
  if (from === "start") return paid(budget, joined);
  const cut = parts.length - limit;
  return paid(budget, [parts.slice(0, cut).join(separator), ...parts.slice(cut)]);
}

/** At runs of white space; what remains after `limit` splits keeps its own. */
function splitSpace(text: string, limit: number, from: "start" | "end"): string[] {
  const words = Array.from(text.matchAll(new RegExp(`[^${SPACE}]+`, "g")));
  if (limit < 0 || words.length <= limit) return words.map(([word]) => word);
  if (from === "start") return [...words.slice(0, limit).map(([word]) => word), text.slice(words[limit]!.index)];
  const cut = words.length - limit;
  const last = words[cut - 1]!;
  return [text.slice(0, last.index + last[0].length), ...words.slice(cut).map(([word]) => word)];
}

/** Parts of a string cost a little more than elements of a list. */
function paid(budget: Budget, parts: string[]): string[] {
  budget.items(parts.length);
  budget.spend(3 * parts.length);
  return parts;
}

// What str.splitlines() ends a line at, inside of a character class.
const LINE_END = "\\n\\r\\v\\f\\x1c-\\x1e\\x85\\u2028\\u2029";
const line = new RegExp(`[^${LINE_END}]*(\\r\\n|[${LINE_END}])|[^${LINE_END}]+$`, "g");

export function splitLines(text: string, keepEnds = false): string[] {
  return Array.from(text.matchAll(line), ([whole, end = ""]) => (keepEnds ? whole : whole.slice(0, whole.length - end.length)));
}

function partition(text: string, args: Arguments, from: "start" | "end"): Tuple {
  const sep = toText("partition", bind("partition", args, "sep")[0]);
  if (sep === "") throw new UsageError("partition: the separator is empty");
  const i = from === "start" ? text.indexOf(sep) : text.lastIndexOf(sep);
  if (i < 0) return new Tuple(from === "start" ? [text, "", ""] : ["", "", text]);
  return new Tuple([text.slice(0, i), sep, text.slice(i + sep.length)]);
}

export function joinTexts(budget: Budget, separator: string, parts: string[]): string {
  budget.text(parts.reduce((sum, part) => sum + part.length, separator.length * parts.length));
  return parts.join(separator);
}

export function replace(budget: Budget, text: string, args: Arguments): string {
  const [old, by, count] = bind("replace", args, "old", "new", "count");
  const from = toText("replace", old);
  const to = toText("replace", by);
  const limit = count === undefined || count === null ? -1 : toInteger("replace", count);
  // An empty pattern stands before every character and at the end.
  const parts = from === "" ? ["", ...text, ""] : text.split(from);
  const times = limit < 0 ? parts.length - 1 : Math.min(limit, parts.length - 1);
  budget.text(text.length + times * (to.length - from.length));
  if (times === parts.length - 1) return parts.join(to);
  return parts.slice(0, times + 1).join(to) + from + parts.slice(times + 1).join(from);
}

function affix(name: string, args: Arguments, test: (part: string) => boolean): boolean {
  const [part] = bind(name, args, "prefix");
  if (part instanceof Tuple) return part.items.some((item) => test(toText(name, item)));
  return test(toText(name, part));
}

function removeAffix(text: string, part: string, end: "start" | "end"): string {
  if (end === "start") return text.startsWith(part) ? text.slice(part.length) : text;
  return part !== "" && text.endsWith(part) ? text.slice(0, -part.length) : text;
}

/** Position in code points, -1 where there is none. */
function find(budget: Budget, name: string, text: string, args: Arguments, from: "start" | "end"): bigint {
  const part = toText(name, bind(name, args, "sub")[0]);
  const i = from === "start" ? text.indexOf(part) : text.lastIndexOf(part);
  return BigInt(i < 0 ? -1 : points(budget, text.slice(0, i)).length);
}

function found(position: bigint): bigint {
  if (position < 0n) throw new UsageError("substring not found");
  return position;
}

function occurrences(budget: Budget, text: string, part: string): number {
  return part === "" ? points(budget, text).length + 1 : text.split(part).length - 1;
}

function justify(budget: Budget, name: "center" | "ljust" | "rjust", text: string, args: Arguments): string {
  const [width, fill] = bind(name, args, "width", "fillchar");
  const space = toInteger(name, width) - points(budget, text).length;
  if (space <= 0) return text;
  budget.text(text.length + space);
  const mark = fill === undefined ? " " : toText(name, fill);
  if (points(budget, mark).length !== 1) throw new UsageError(`${name}: the fill is one character, not "${mark}"`);
  // An odd space goes to the left of an odd width in center(), as in CPython.
  const left = name === "ljust" ? 0 : name === "rjust" ? space : Math.floor(space / 2) + (space & toInteger(name, width) & 1);
  return mark.repeat(left) + text + mark.repeat(space - left);
}

export function center(budget: Budget, text: string, width: Value): string {
  return justify(budget, "center", text, { positional: [width], named: new Map() });
}

function zfill(budget: Budget, text: string, width: number): string {
  budget.text(width);
  const sign = /^[+-]/.test(text) ? text[0]! : "";
  return sign + text.slice(sign.length).padStart(width - sign.length, "0");
}

function format(budget: Budget, text: string, args: Arguments): string {
  let next = 0;
  let length = text.length;
  return text.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (brace: string, field: string | undefined) => {
    if (brace === "{{" || brace === "}}") return brace[0]!;
    if (field === undefined) throw new UsageError("format: a single brace in the format string");
    if (!/^\w*$/.test(field)) throw new UnsupportedError(`format: only {}, {0} and {name} are supported, not "${brace}"`);
    const value = /^\d*$/.test(field) ? args.positional[field === "" ? next++ : Number(field)] : args.named.get(field);
    if (value === undefined) throw new UsageError(`format: nothing was given for "${brace}"`);
    if (value instanceof Undefined) return "";
    const piece = str(budget, value);
    length += piece.length;
    budget.text(length);
    return piece;
  });
}
