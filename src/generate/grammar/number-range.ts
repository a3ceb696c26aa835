// Numbers between two bounds, digit by digit. Both bounds become whole numbers of the last decimal place; a number is compared with them as it is written:
// below a bound, above it, or with the same digits so far.
import { UsageError } from "../../errors.ts";
import { MOST_DIGITS } from "./json-rules.ts";
import type { Rules } from "./rules.ts";

export interface NumberRange {
  /** Undefined: none. */
  readonly least: number | undefined;
  readonly most: number | undefined;
  readonly leastExcluded: boolean;
  readonly mostExcluded: boolean;
  /** Places behind the point at most; 0 for whole numbers. */
  readonly places: number;
  /** No more of them than that, even if a bound has more. */
  readonly exactPlaces: boolean;
}

/** Places behind the point where nothing else is asked for: few enough to leave 9 digits before it. */
export const DEFAULT_PLACES = 6;

/**
 * A number of the range, written without an exponent, with at most 15 digits: such numbers stay apart, and in order, as doubles.
 *
 * @param path of the schema, for messages
 */
export function numberInRange(rules: Rules, range: NumberRange, path: string): string {
  const bounds = [range.least, range.most].filter((bound) => bound !== undefined);
  const digits = bounds.map((bound) => decimal(bound, path));
  const wholeDigits = Math.max(1, ...digits.map(({ whole }) => whole.length));
  const isInteger = range.places === 0;
  const wanted = isInteger || range.exactPlaces ? range.places : Math.max(range.places, ...digits.map(({ fraction }) => fraction.length));
  const places = Math.max(0, Math.min(wanted, MOST_DIGITS - wholeDigits));
  if (bounds.some((bound) => Math.abs(bound) > Number.MAX_SAFE_INTEGER)) {
    throw new UsageError(`${path}: bounds beyond ${Number.MAX_SAFE_INTEGER} cannot be enforced`);
  }
  const integers = Math.max(wholeDigits, Math.min(isInteger ? MOST_DIGITS : DEFAULT_DIGITS, MOST_DIGITS - places));
  const limit = 10n ** BigInt(integers + places) - 1n;
  const least = range.least === undefined ? -limit : scaled(range.least, places, "up", range.leastExcluded, path);
  const most = range.most === undefined ? limit : scaled(range.most, places, "down", range.mostExcluded, path);
  if (least > most) throw new UsageError(`${path}: no ${range.places === 0 ? "whole number" : "number"} lies within the bounds`);

  const options: string[] = [];
  if (most >= 0n) options.push(between(rules, least > 0n ? least : 0n, most, places));
  if (least < 0n) options.push(`"-" ${between(rules, most < 0n ? -most : 1n, -least, places)}`);
  return rules.rule(options.join(" | "));
}

/** Digits before the point that are always at hand. */
const DEFAULT_DIGITS = 9;

/** Whole numbers of the last place from `least` to `most`, neither below 0. */
function between(rules: Rules, least: bigint, most: bigint, places: number): string {
  const lowest = least.toString().padStart(places + 1, "0");
  const highest = most.toString().padStart(places + 1, "0");
  const options: string[] = [];
  for (let length = lowest.length; length <= highest.length; length++) {
    const low = length === lowest.length ? lowest : undefined;
    const high = length === highest.length ? highest : undefined;
    options.push(digitsFrom(rules, 0, length, low, high, places));
  }
  return rules.rule(options.filter((option) => option !== "").join(" | "));
}

/**
 * What may follow `at` digits of a number of `length` digits.
 *
 * @param low  the lower bound, as long as the digits so far are its own; undefined when they are above it
 * @param high the upper bound, in the same way
 */
function digitsFrom(rules: Rules, at: number, length: number, low: string | undefined, high: string | undefined, places: number): string {
  if (at === length) return "";
  const left = length - at;
  const behindPoint = left <= places;
  // The places that are left may be left out where they would be zeros.
  const mayEnd = left <= places && (low === undefined || /^0*$/.test(low.slice(at)));
  const firstOfWhole = at === 0 && length > places + 1;
  const from = low === undefined ? (firstOfWhole ? 1 : 0) : Number(low[at]);
  const to = high === undefined ? 9 : Number(high[at]);
  const step = (digits: string, low: string | undefined, high: string | undefined): string =>
    `${digits} ${digitsFrom(rules, at + 1, length, low, high, places)}`.trimEnd();
  const options: string[] = [];
  if (low === undefined && high === undefined) options.push(step(`[${from}-${to}]`, undefined, undefined));
  else if (from === to) options.push(step(`"${from}"`, low, high));
  else {
    if (low !== undefined) options.push(step(`"${from}"`, low, undefined));
    const [inner, outer] = [low === undefined ? from : from + 1, high === undefined ? to : to - 1];
    if (inner <= outer) options.push(step(`[${inner}-${outer}]`, undefined, undefined));
    if (high !== undefined) options.push(step(`"${to}"`, undefined, high));
  }
  const more = options.join(" | ");
  // The point stands before the first place: what may end there has no point.
  const body = behindPoint && left === places ? `"." (${more})` : more;
  return rules.rule(mayEnd ? `"" | ${body}` : body);
}

/** A bound in whole numbers of the last place, rounded into the range. */
function scaled(bound: number, places: number, rounded: "up" | "down", excluded: boolean, path: string): bigint {
  const { negative, whole, fraction } = decimal(bound, path);
  const kept = BigInt(whole + fraction.slice(0, places).padEnd(places, "0"));
  const exact = !/[1-9]/.test(fraction.slice(places));
  const towardsZero = negative ? -kept : kept;
  if (exact) return excluded ? towardsZero + (rounded === "up" ? 1n : -1n) : towardsZero;
  if (rounded === "up") return negative ? towardsZero : towardsZero + 1n;
  return negative ? towardsZero - 1n : towardsZero;
}

/** The digits of a number as JavaScript writes it, without an exponent. */
function decimal(value: number, path: string): { negative: boolean; whole: string; fraction: string } {
  const text = Math.abs(value).toString();
  const [, whole, fraction = "", exponent = "0"] = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text) ?? [];
  if (whole === undefined || Math.abs(Number(exponent)) > 30) throw new UsageError(`${path}: the bound ${value} cannot be enforced`);
  const shift = Number(exponent);
  const digits = whole + fraction;
  const point = whole.length + shift;
  const padded = digits.padStart(digits.length + Math.max(0, 1 - point), "0").padEnd(Math.max(point, digits.length), "0");
  const at = Math.max(point, 1);
  return { negative: value < 0, whole: padded.slice(0, at).replace(/^0+(?=\d)/, ""), fraction: padded.slice(at).replace(/0+$/, "") };
}
