// Python's % formatting of strings: `"%s-%05.2f" % (a, b)` and the format filter. Left out: %(name)s, widths given as *, %e and %g.
import { UnsupportedError, UsageError } from "../../errors.ts";
import type { Budget } from "./limits.ts";
import { points, repr, slicePoints, str } from "./text.ts";
import { typeName, Undefined, type Value } from "./values.ts";

const conversion = /%([-+ 0#]*)(\d{0,9})(?:\.(\d{0,9}))?(.?)/gsu;
/** Number.toFixed takes no more, and a double has no more that matter. */
const MAX_DECIMALS = 100;

/** @param values the arguments, in order */
export function printf(budget: Budget, format: string, values: readonly Value[]): string {
  let used = 0;
  budget.text(format.length);
  const text = format.replace(conversion, (spec: string, flags: string, width: string, precision: string | undefined, type: string) => {
    if (type === "%") return "%";
    const value = values[used++];
    if (value === undefined) throw new UsageError("not enough arguments for the format string");
    const body = convert(budget, spec, type, precision, value);
    budget.text(Math.max(body.length, Number(width)));
    return pad(body, flags, Number(width), type);
  });
  if (used < values.length) throw new UsageError("not all arguments were used by the format string");
  return text;
}

function convert(budget: Budget, spec: string, type: string, precision: string | undefined, value: Value): string {
  if (type === "s" || type === "r") {
    const text = type === "s" ? str(budget, value) : repr(budget, value);
    return precision === undefined ? text : slicePoints(points(budget, text), 0, Number(precision));
  }
  if (!"diufxXo".includes(type) || type === "")
    throw new UnsupportedError(`the format "${spec}" is not one of %s %r %d %i %u %f %x %X %o %%`);
  if (value instanceof Undefined) throw new UsageError(value.reason);
  if (typeof value !== "bigint" && typeof value !== "number" && typeof value !== "boolean")
    throw new UsageError(`the format "${spec}" needs a number, not a value of type ${typeName(value)}`);
  if (type === "f") return fixed(Number(value), precision ? Number(precision) : precision === "" ? 0 : 6);
  if (typeof value === "number" && !Number.isFinite(value)) throw new UsageError(`${value} cannot be written as an integer`);
  const integer = BigInt(typeof value === "number" ? Math.trunc(value) : value);
  const digits = integer.toString(type === "o" ? 8 : type.toLowerCase() === "x" ? 16 : 10);
  return type === "X" ? digits.toUpperCase() : digits;
}

function pad(body: string, flags: string, width: number, type: string): string {
  const number = type !== "s" && type !== "r";
  const sign = body.startsWith("-") ? "-" : number && flags.includes("+") ? "+" : number && flags.includes(" ") ? " " : "";
  const rest = body.startsWith("-") && number ? body.slice(1) : body;
  const signed = number ? sign + rest : body;
  if (flags.includes("-")) return signed.padEnd(width);
  return number && flags.includes("0") ? sign + rest.padStart(width - sign.length, "0") : signed.padStart(width);
}

/** Decimal digits as Python rounds them: to the nearest, and a tie to the even digit (toFixed takes the larger). */
export function fixed(x: number, decimals: number): string {
  if (decimals > MAX_DECIMALS) throw new UnsupportedError(`${decimals} decimals were asked for, the limit is ${MAX_DECIMALS}`);
  if (!Number.isFinite(x)) return x > 0 ? "inf" : x < 0 ? "-inf" : "nan";
  // From 1e21 on toFixed writes an exponent; such a number is whole.
  if (Math.abs(x) >= 1e21) return BigInt(x).toString() + (decimals > 0 ? "." + "0".repeat(decimals) : "");
  const magnitude = Math.abs(x);
  const exact = magnitude.toFixed(Math.min(MAX_DECIMALS, decimals + 30));
  const point = exact.indexOf(".");
  const down = exact.slice(0, decimals === 0 ? point : point + 1 + decimals);
  const tie = /^50*$/.test(exact.slice(point + 1 + decimals));
  const digits = tie && "02468".includes(down.at(-1)!) ? down : magnitude.toFixed(decimals);
  return (x < 0 || Object.is(x, -0) ? "-" : "") + digits;
}
