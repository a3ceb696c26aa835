// Filters of jinja2 that make text or numbers. Left out: filesizeformat, pprint, random, striptags, urlencode, urlize, wordwrap, xmlattr.
import { UsageError } from "../../errors.ts";
import { bind, toInteger, toText } from "./arguments.ts";
import { toJson } from "./json.ts";
import type { Budget } from "./limits.ts";
import { length, numeric } from "./operators.ts";
import { fixed, printf } from "./printf.ts";
import { iterate } from "./sequences.ts";
import { capitalize, center, replace, splitLines, strip } from "./string-methods.ts";
import { points, slicePoints, str } from "./text.ts";
import { type Arguments, truthy, typeName, Undefined, type Value } from "./values.ts";

export type Filter = (budget: Budget, value: Value, args: Arguments) => Value;

/** A filter that turns its input into text first. */
function ofText(filter: (text: string, budget: Budget, args: Arguments) => Value): Filter {
  return (budget, value, args) => {
    const text = str(budget, value);
    budget.text(text.length);
    return filter(text, budget, args);
  };
}

export const textFilters: readonly [string, Filter][] = [
  ["string", ofText((text) => text)],
  ["safe", ofText((text) => text)],
  ["upper", ofText((text) => text.toUpperCase())],
  ["lower", ofText((text) => text.toLowerCase())],
  ["capitalize", ofText(capitalize)],
  ["title", ofText((text) => text.replace(/[^-\s({[<]+/g, capitalize))],
  ["trim", ofText((text, budget, args) => strip(budget, text, bind("trim", args, "chars")[0], "both"))],
  ["e", ofText(escapeHtml)],
  ["escape", ofText(escapeHtml)],
  ["forceescape", ofText(escapeHtml)],
  ["replace", ofText((text, budget, args) => replace(budget, text, args))],
  ["center", ofText((text, budget, args) => center(budget, text, bind("center", args, "width")[0] ?? 80n))],
  ["indent", indent],
  ["truncate", truncate],
  ["wordcount", ofText((text) => BigInt(text.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0))],
  ["format", (budget, value, args) => printf(budget, toText("format", value), args.positional)],
  ["tojson", json],
  ["int", toInt],
  ["float", (budget, value, args) => toFloat(budget, value) ?? given(bind("float", args, "default")[0], 0)],
  ["round", round],
  ["abs", abs],
];

function escapeHtml(text: string, budget: Budget): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };
  const escaped = text.replace(/[&<>"']/g, (c) => entities[c]!);
  budget.text(escaped.length);
  return escaped;
}

function given(value: Value | undefined, otherwise: Value): Value {
  return value === undefined ? otherwise : value;
}

function indent(budget: Budget, value: Value, args: Arguments): string {
  const text = toText("indent", value);
  const [width = 4n, first = false, blank = false] = bind("indent", args, "width", "first", "blank");
  const margin = typeof width === "string" ? width : spaces(budget, toInteger("indent", width));
  // The text counts as ended by a newline, so that a last empty line is a line.
  const lines = splitLines(`${text}\n`);
  budget.text(text.length + lines.length * margin.length);
  const indented = lines.map((line, i) => ((i === 0 ? truthy(first) : line !== "" || truthy(blank)) ? margin + line : line));
  return indented.join("\n");
}

function spaces(budget: Budget, count: number): string {
  budget.text(count);
  return " ".repeat(Math.max(0, count));
}

function truncate(budget: Budget, value: Value, args: Arguments): Value {
  const [most = 255n, killWords = false, end = "...", leeway = 5n] = bind("truncate", args, "length", "killwords", "end", "leeway");
  const limit = toInteger("truncate", most);
  if (length(budget, value) <= limit + toInteger("truncate", leeway)) return value;
  const mark = toText("truncate", end);
  const room = limit - length(budget, mark);
  if (room < 0) throw new UsageError(`truncate: a length of ${limit} has no room for "${mark}"`);
  const cut = slicePoints(points(budget, toText("truncate", value)), 0, room);
  const space = cut.lastIndexOf(" ");
  return (truthy(killWords) || space < 0 ? cut : cut.slice(0, space)) + mark;
}

/** tojson(ensure_ascii, indent, separators, sort_keys), the parameters that transformers gives it. */
function json(budget: Budget, value: Value, args: Arguments): string {
  const [ascii = false, width = null, separators = null, sortKeys = false] = bind(
    "tojson",
    args,
    "ensure_ascii",
    "indent",
    "separators",
    "sort_keys",
  );
  const indentation = width === null ? undefined : typeof width === "string" ? width : spaces(budget, toInteger("tojson", width));
  const pair = separators === null ? [indentation === undefined ? ", " : ",", ": "] : iterate(budget, separators);
  if (pair.length !== 2) throw new UsageError("tojson: separators are a pair of strings");
  return toJson(budget, value, {
    ensureAscii: truthy(ascii),
    sortKeys: truthy(sortKeys),
    indent: indentation,
    itemSeparator: toText("tojson", pair[0]),
    keySeparator: toText("tojson", pair[1]),
  });
}

/** int(value) in Python's way: text in the given base, or as a float cut off; the default where neither reads. */
function toInt(budget: Budget, value: Value, args: Arguments): Value {
  const [otherwise = 0n, base = 10n] = bind("int", args, "default", "base");
  if (typeof value === "string") {
    const integer = parseInteger(budget, value, toInteger("int", base));
    if (integer !== undefined) return integer;
  }
  if (typeof value === "bigint") return value;
  const float = toFloat(budget, value);
  return typeof float === "number" && Number.isFinite(float) ? budget.integer(BigInt(Math.trunc(float))) : otherwise;
}

const prefixes: Record<number, string> = { 2: "0b", 8: "0o", 16: "0x" };

function parseInteger(budget: Budget, text: string, base: number): bigint | undefined {
  const match = /^([-+]?)(0[box])?([0-9a-z]+(?:_[0-9a-z]+)*)$/i.exec(strip(budget, text, null, "both"));
  const [, minus, prefix, digits = ""] = match ?? [];
  if (!match || base < 2 || base > 36 || (prefix && prefix.toLowerCase() !== prefixes[base])) return undefined;
  budget.spend(digits.length ** 2 / 64); // reading digits takes quadratic time
  let result = 0n;
  for (const digit of digits.replaceAll("_", "")) {
    const d = Number.parseInt(digit, 36);
    if (d >= base) return undefined;
    result = budget.integer(result * BigInt(base) + BigInt(d));
  }
  return minus === "-" ? -result : result;
}

function toFloat(budget: Budget, value: Value): number | undefined {
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return Number(value);
  if (value instanceof Undefined) throw new UsageError(value.reason);
  if (typeof value !== "string") return undefined;
  const text = strip(budget, value, null, "both").toLowerCase();
  if (/^[-+]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)(e[-+]?\d+(_\d+)*)?$/.test(text)) return Number(text.replaceAll("_", ""));
  const word = /^([-+]?)(inf|infinity|nan)$/.exec(text);
  return word ? (word[2] === "nan" ? Number.NaN : word[1] === "-" ? -Infinity : Infinity) : undefined;
}

function round(_: Budget, value: Value, args: Arguments): Value {
  const [precision = 0n, method = "common"] = bind("round", args, "precision", "method");
  const decimals = toInteger("round", precision);
  const number = numeric(value);
  if (number === undefined) throw new UsageError(`round expects a number, not a value of type ${typeName(value)}`);
  if (typeof number === "bigint" && method === "common" && decimals >= 0) return number;
  const x = Number(number);
  if (method === "ceil" || method === "floor") return Math[method](x * 10 ** decimals) / 10 ** decimals;
  if (method !== "common" || decimals < 0)
    throw new UsageError('round: the method is "common", "ceil" or "floor", the precision 0 or more');
  return Number.isFinite(x) ? Number(fixed(x, decimals)) : x;
}

function abs(_: Budget, value: Value): Value {
  const number = numeric(value);
  if (number === undefined) throw new UsageError(`abs expects a number, not a value of type ${typeName(value)}`);
  return number < 0 ? -number : number;
}
