// Numbers between two bounds, and multiples of a step, digit by digit. Bounds and step become whole numbers of the last decimal place; a number is compared with
// the bounds as it is written: below a bound, above it, or with the same digits so far. Of the step what is left over so far is kept.
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
  /** All numbers are multiples of it. */
  readonly step: number | undefined;
}

/** Places behind the point where nothing else is asked for: few enough to leave 9 digits before it. */
export const DEFAULT_PLACES = 6;
/** Digits of multiples of a step beside 1, 0.1 and so on, where no bound has more. */
const STEP_DIGITS = 9;
/** What may be left over, at all places together. */
const MOST_REMAINDERS = 5000;
/** Work of one of them. */
const REMAINDER = 0.02;

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
  const step = range.step === undefined ? undefined : decimal(range.step, path);
  if (step && step.fraction.length > DEFAULT_PLACES) {
    throw new UsageError(`${path}: multiples of ${range.step}, which has more than ${DEFAULT_PLACES} places, cannot be enforced`);
  }
  const wanted = isInteger ? 0 : step ? step.fraction.length : Math.max(range.places, ...digits.map(({ fraction }) => fraction.length));
  const places = Math.max(0, Math.min(wanted, MOST_DIGITS - wholeDigits));
  if (bounds.some((bound) => Math.abs(bound) > Number.MAX_SAFE_INTEGER)) {
    throw new UsageError(`${path}: bounds beyond ${Number.MAX_SAFE_INTEGER} cannot be enforced`);
  }
  const divisor = step === undefined ? 1n : divisorOf(step, places);
  const usual = divisor > 1n ? STEP_DIGITS - places : isInteger ? MOST_DIGITS : DEFAULT_DIGITS;
  const integers = Math.max(wholeDigits, Math.min(usual, MOST_DIGITS - places));
  const limit = 10n ** BigInt(integers + places) - 1n;
  const least = range.least === undefined ? -limit : scaled(range.least, places, "up", range.leastExcluded, path);
  const most = range.most === undefined ? limit : scaled(range.most, places, "down", range.mostExcluded, path);
  const what = divisor > 1n ? `multiple of ${range.step}` : isInteger ? "whole number" : "number";
  const none = (): UsageError => new UsageError(`${path}: no ${what} lies within the bounds`);
  if (least > most) throw none();

  const digitsOf = createDigits(rules, places, divisor, path);
  const options: string[] = [];
  if (most >= 0n) options.push(digitsOf(least > 0n ? least : 0n, most));
  const negative = least < 0n ? digitsOf(most < 0n ? -most : 1n, -least) : "";
  if (negative !== "") options.push(`"-" ${negative}`);
  const possible = options.filter((option) => option !== "");
  if (possible.length === 0) throw none();
  return rules.rule(possible.join(" | "));
}

/** The largest number of so many digits as are written: what is beyond says nothing as a bound. */
export const LARGEST = 10 ** MOST_DIGITS - 1;

/** What whole numbers of the last place are divided by without a remainder, so that the numbers are multiples of a step. */
function divisorOf({ whole, fraction }: Decimal, places: number): bigint {
  const step = BigInt(whole + fraction);
  const unit = 10n ** BigInt(Math.max(0, fraction.length - places));
  const [larger, smaller] = [step * 10n ** BigInt(Math.max(0, places - fraction.length)), unit];
  return larger / commonDivisor(larger, smaller);
}

function commonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : commonDivisor(b, a % b);
}

/** Digits before the point that are always at hand. */
const DEFAULT_DIGITS = 9;

/** Whole numbers of the last place, neither bound below 0: those that `divisor` divides. @returns a rule, or nothing where there are none */
function createDigits(rules: Rules, places: number, divisor: bigint, path: string): (least: bigint, most: bigint) => string {
  /** Digits that are free of both bounds, by how many are left, and what is left over. */
  const free = new Map<string, string | undefined>();

  function between(least: bigint, most: bigint): string {
    const lowest = least.toString().padStart(places + 1, "0");
    const highest = most.toString().padStart(places + 1, "0");
    const options: string[] = [];
    for (let length = lowest.length; length <= highest.length; length++) {
      const low = length === lowest.length ? lowest : undefined;
      const high = length === highest.length ? highest : undefined;
      const option = digitsFrom(0, length, low, high, 0n);
      if (option !== undefined) options.push(option);
    }
    return options.length > 0 ? rules.rule(options.join(" | ")) : "";
  }

  /**
   * What may follow `at` digits of a number of `length` digits.
   *
   * @param low  the lower bound, as long as the digits so far are its own; undefined when they are above it
   * @param high the upper bound, in the same way
   * @param over what the digits so far leave over
   * @returns    undefined where nothing can
   */
  function digitsFrom(at: number, length: number, low: string | undefined, high: string | undefined, over: bigint): string | undefined {
    const left = length - at;
    const power = 10n ** BigInt(left);
    // What is left can add no more than that.
    if ((divisor - ((over * power) % divisor)) % divisor >= power) return undefined;
    if (left === 0) return "";
    if (low !== undefined || high !== undefined || at === 0) return digitFrom(at, length, low, high, over);
    const key = `${left} ${over % (divisor / commonDivisor(divisor, power))}`;
    if (!free.has(key)) {
      if (free.size > MOST_REMAINDERS) throw new UsageError(`${path}: multiples of so large a number cannot be enforced`);
      rules.charge(REMAINDER);
      free.set(key, digitFrom(at, length, low, high, over));
    }
    return free.get(key);
  }

  function digitFrom(at: number, length: number, low: string | undefined, high: string | undefined, over: bigint): string | undefined {
    const left = length - at;
    // The places that are left may be left out where they would be zeros.
    const mayEnd = left <= places && (low === undefined || /^0*$/.test(low.slice(at))) && (over * 10n ** BigInt(left)) % divisor === 0n;
    const firstOfWhole = at === 0 && length > places + 1;
    const from = low === undefined ? (firstOfWhole ? 1 : 0) : Number(low[at]);
    const to = high === undefined ? 9 : Number(high[at]);
    /** Digits by what follows them. */
    const nexts = new Map<string, number[]>();
    for (let digit = from; digit <= to; digit++) {
      const lowNext = low !== undefined && digit === from ? low : undefined;
      const highNext = high !== undefined && digit === to ? high : undefined;
      const next = digitsFrom(at + 1, length, lowNext, highNext, (over * 10n + BigInt(digit)) % divisor);
      if (next !== undefined) nexts.set(next, [...(nexts.get(next) ?? []), digit]);
    }
    const options = Array.from(nexts, ([next, digits]) =>
      `${digits.length > 1 ? `[${digits.join("")}]` : `"${digits[0]}"`} ${next}`.trimEnd(),
    );
    if (options.length === 0) return mayEnd ? '""' : undefined;
    const more = options.join(" | ");
    // The point stands before the first place: what may end there has no point.
    const body = left === places ? `"." (${more})` : more;
    return rules.rule(mayEnd ? `"" | ${body}` : body);
  }

  return between;
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

interface Decimal {
  readonly negative: boolean;
  readonly whole: string;
  readonly fraction: string;
}

/** The digits of a number as JavaScript writes it, without an exponent. */
function decimal(value: number, path: string): Decimal {
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
