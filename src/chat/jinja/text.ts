// How Python prints: str() and repr() of every value, and strings counted in code points instead of UTF-16 units.
import type { Budget } from "./limits.ts";
import { type DictKey, Generator, Namespace, Tuple, typeName, Undefined, type Value, View } from "./values.ts";

/** Inside of a character class: what Python's str.isspace() and \s call white space. */
export const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const space = new RegExp(`[${SPACE}]`);
export const isSpace = (character: string): boolean => space.test(character);

const surrogatePair = /[\ud800-\udbff][\udc00-\udfff]/;

/** The code points of a string, by index: the string itself where each is one UTF-16 unit. Finding out reads it through. */
export function points(budget: Budget, text: string): ArrayLike<string> {
  budget.text(text.length);
  if (!surrogatePair.test(text)) return text;
  budget.spend(text.length);
  return Array.from(text);
}

/** Code points from start up to end. */
export function slicePoints(characters: ArrayLike<string>, start: number, end: number): string {
  return typeof characters === "string"
    ? characters.slice(start, Math.max(start, end))
    : Array.prototype.slice.call(characters, start, end).join("");
}

/** str(value): what `{{ value }}` prints. */
export function str(budget: Budget, value: Value): string {
  if (typeof value === "string") return value;
  return value instanceof Undefined ? "" : repr(budget, value);
}

/** repr(value): how a value stands inside a printed list. */
export function repr(budget: Budget, value: Value): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return reprFloat(value);
  if (typeof value === "string") {
    budget.text(value.length * 2);
    return quote(value);
  }
  if (value instanceof Undefined) return "Undefined";

  budget.enter();
  const list = (items: readonly Value[]) => items.map((item) => repr(budget, item)).join(", ");
  const dict = (entries: Iterable<[DictKey, Value]>) =>
    "{" + Array.from(entries, ([k, v]) => `${repr(budget, k)}: ${repr(budget, v)}`).join(", ") + "}";
  let text: string;
  if (Array.isArray(value)) text = `[${list(value)}]`;
  else if (value instanceof Map) text = dict(value);
  else if (value instanceof Tuple) text = value.items.length === 1 ? `(${list(value.items)},)` : `(${list(value.items)})`;
  else if (value instanceof Namespace) text = `<Namespace ${dict(value.attributes)}>`;
  else if (value instanceof View) text = value.text ?? `${value.typeName}([${list(value.items)}])`;
  else if (value instanceof Generator) text = "<generator object>";
  else text = `<${typeName(value)} ${value.name}>`;
  budget.text(text.length);
  budget.leave();
  return text;
}

/** Python writes the shortest digits that read back, as JavaScript does, but with ".0" on whole numbers and other bounds for exponents. */
export function reprFloat(x: number): string {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (Object.is(x, -0)) return "-0.0";
  const [digits = "", exponent = "0"] = x.toExponential().split("e");
  if (x !== 0 && (Number(exponent) < -4 || Number(exponent) >= 16)) return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
  const decimal = String(x);
  return decimal.includes(".") ? decimal : `${decimal}.0`;
}

const named: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  // Backslash, and what str.isprintable() refuses: controls, formats, unassigned, separators other than the space.
  const escaped = text.replace(/[\\\p{C}\p{Zl}\p{Zp}\p{Zs}]/gu, (c) => {
    if (c === " ") return c;
    if (named[c]) return named[c];
    const code = c.codePointAt(0)!;
    const hex = code.toString(16);
    if (code < 0x100) return `\\x${hex.padStart(2, "0")}`;
    return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
  });
  return mark + (mark === "'" ? escaped.replaceAll("'", "\\'") : escaped) + mark;
}
