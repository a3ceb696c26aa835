// The operators of Python on template values: arithmetic, equality, order, membership.
import { UsageError } from "../../errors.ts";
import type { Budget } from "./limits.ts";
import { printf } from "./printf.ts";
import { points } from "./text.ts";
import { asKey, Generator, Tuple, typeName, Undefined, type Value, View } from "./values.ts";

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "//" | "%" | "**";
export type CompareOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in";

/** The number that a value is in arithmetic: a bool is an int. */
export function numeric(value: Value): bigint | number | undefined {
  if (typeof value === "boolean") return value ? 1n : 0n;
  return typeof value === "bigint" || typeof value === "number" ? value : undefined;
}

/** The items of what Python calls a sequence of the two kinds that add, repeat and order: list and tuple. */
function sequence(value: Value): Value[] | undefined {
  return Array.isArray(value) ? value : value instanceof Tuple ? value.items : undefined;
}

export function arithmetic(budget: Budget, operator: ArithmeticOperator, a: Value, b: Value): Value {
  for (const operand of [a, b]) if (operand instanceof Undefined) throw new UsageError(operand.reason);
  const x = numeric(a);
  const y = numeric(b);
  if (x !== undefined && y !== undefined) {
    if (typeof x === "bigint" && typeof y === "bigint") return integers(budget, operator, x, y);
    return floats(operator, Number(x), Number(y));
  }
  if (operator === "+") {
    if (typeof a === "string" && typeof b === "string") return concat(budget, a, b);
    if (Array.isArray(a) && Array.isArray(b)) return join(budget, a, b);
    if (a instanceof Tuple && b instanceof Tuple) return new Tuple(join(budget, a.items, b.items));
  }
  if (operator === "*") {
    if (typeof y === "bigint") return repeat(budget, a, y) ?? unsupported(operator, a, b);
    if (typeof x === "bigint") return repeat(budget, b, x) ?? unsupported(operator, a, b);
  }
  if (operator === "%" && typeof a === "string") return printf(budget, a, b instanceof Tuple ? b.items : [b]);
  return unsupported(operator, a, b);
}

function unsupported(operator: string, a: Value, b: Value): never {
  if (operator === "+" && typeof a === "string") throw new UsageError(`can only concatenate str (not "${typeName(b)}") to str`);
  throw new UsageError(`unsupported operand types for ${operator}: "${typeName(a)}" and "${typeName(b)}"`);
}

function integers(budget: Budget, operator: ArithmeticOperator, x: bigint, y: bigint): Value {
  switch (operator) {
    case "+":
      return budget.integer(x + y);
    case "-":
      return budget.integer(x - y);
    case "*":
      return budget.integer(x * y);
    case "/":
      return floats("/", Number(x), Number(y));
    case "**":
      return power(budget, x, y);
    default: {
      if (y === 0n) throw new UsageError("integer division or modulo by zero");
      // BigInt division truncates; Python's rounds down, and the remainder has the sign of the divisor.
      const remainder = x % y;
      const below = remainder !== 0n && remainder < 0n !== y < 0n;
      return operator === "%" ? (below ? remainder + y : remainder) : below ? x / y - 1n : x / y;
    }
  }
}

function power(budget: Budget, x: bigint, y: bigint): Value {
  if (y < 0n) return floats("**", Number(x), Number(y));
  const bits = BigInt((x < 0n ? -x : x).toString(2).length - 1);
  budget.integer(1n << (bits * y < 100_000n ? bits * y : 100_000n)); // a lower bound of the result, before it is computed
  return budget.integer(x ** y);
}

function floats(operator: ArithmeticOperator, x: number, y: number): number {
  if (y === 0 && (operator === "/" || operator === "//" || operator === "%")) throw new UsageError("division by zero");
  switch (operator) {
    case "+":
      return x + y;
    case "-":
      return x - y;
    case "*":
      return x * y;
    case "/":
      return x / y;
    case "//":
      return Math.floor(x / y);
    case "%": {
      const remainder = x % y;
      return remainder !== 0 && remainder < 0 !== y < 0 ? remainder + y : remainder;
    }
    case "**":
      if (x === 0 && y < 0) throw new UsageError("0.0 cannot be raised to a negative power");
      if (x < 0 && !Number.isInteger(y))
        throw new UsageError("a negative number to a fractional power is a complex number, which templates cannot use");
      return x ** y;
  }
}

export function concat(budget: Budget, a: string, b: string): string {
  // JavaScript joins strings by reference: what is long already is not copied.
  budget.text(a.length + b.length, Math.min(a.length, b.length));
  return a + b;
}

function join(budget: Budget, a: Value[], b: Value[]): Value[] {
  budget.items(a.length + b.length);
  return a.concat(b);
}

function repeat(budget: Budget, value: Value, times: bigint): Value | undefined {
  const n = Math.max(0, Number(times));
  if (typeof value === "string") {
    if (value === "") return "";
    budget.text(value.length * n);
    return value.repeat(n);
  }
  const items = sequence(value);
  if (!items) return undefined;
  if (items.length > 0) budget.items(items.length * n);
  const repeated = items.length > 0 ? Array.from({ length: n }, () => items).flat() : [];
  return value instanceof Tuple ? new Tuple(repeated) : repeated;
}

/** a == b. Numbers compare by value whatever their type, lists and dictionaries by their contents, the rest by identity. */
export function equals(budget: Budget, a: Value, b: Value): boolean {
  budget.spend();
  const x = numeric(a);
  const y = numeric(b);
  if (x !== undefined && y !== undefined) return x <= y && x >= y; // exact between bigint and number, false for NaN
  if (typeof a === "string" && typeof b === "string") {
    budget.text(Math.min(a.length, b.length));
    return a === b;
  }
  if (a === b || (a instanceof Undefined && b instanceof Undefined)) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  budget.enter();
  const same = equalContents(budget, a, b);
  budget.leave();
  return same;
}

function equalContents(budget: Budget, a: Value, b: Value): boolean {
  if (a instanceof Map && b instanceof Map) {
    if (a.size !== b.size) return false;
    for (const [key, value] of a) {
      const other = b.get(key);
      if (other === undefined || !equals(budget, value, other)) return false;
    }
    return true;
  }
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = sequence(a);
  const right = sequence(b);
  return (
    left !== undefined && right !== undefined && left.length === right.length && left.every((item, i) => equals(budget, item, right[i]!))
  );
}

/** Negative, zero or positive as a stands before, with or after b; NaN where a float NaN takes part. Throws where Python has no order. */
export function order(budget: Budget, operator: string, a: Value, b: Value): number {
  budget.spend();
  const x = numeric(a);
  const y = numeric(b);
  if (x !== undefined && y !== undefined) return x < y ? -1 : x > y ? 1 : x >= y ? 0 : Number.NaN;
  if (typeof a === "string" && typeof b === "string") {
    budget.text(a.length);
    budget.text(b.length);
    return orderText(a, b);
  }
  const left = sequence(a);
  const right = sequence(b);
  if (left && right && Array.isArray(a) === Array.isArray(b)) {
    budget.enter();
    const i = left.findIndex((item, k) => k >= right.length || !equals(budget, item, right[k]!));
    const result = i < 0 ? left.length - right.length : i >= right.length ? 1 : order(budget, operator, left[i]!, right[i]!);
    budget.leave();
    return result;
  }
  for (const operand of [a, b]) if (operand instanceof Undefined) throw new UsageError(operand.reason);
  throw new UsageError(`"${operator}" is not supported between "${typeName(a)}" and "${typeName(b)}"`);
}

/** By code point, as Python; JavaScript's < would put U+10000 and above before U+E000. */
function orderText(a: string, b: string): number {
  if (a === b) return 0;
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  const rank = (c: number) => (c >= 0xd800 && c <= 0xdfff ? c + 0x10000 : c);
  return i >= a.length ? -1 : i >= b.length ? 1 : rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
}

/** item in container. */
function contains(budget: Budget, container: Value, item: Value): boolean {
  if (typeof container === "string") {
    if (item instanceof Undefined) throw new UsageError(item.reason);
    if (typeof item !== "string") throw new UsageError(`"in <string>" needs a string on its left, not a value of type ${typeName(item)}`);
    budget.text(container.length);
    budget.text(item.length);
    return container.includes(item);
  }
  if (container instanceof Map) {
    const key = asKey(budget, item);
    if (key === undefined) throw new UsageError(`a value of type ${typeName(item)} cannot be the key of a dict`);
    return container.has(key);
  }
  if (container instanceof Undefined) return false;
  const items = container instanceof View ? container.items : container instanceof Generator ? container.drain() : sequence(container);
  if (!items) throw new UsageError(`a value of type ${typeName(container)} cannot be searched with "in"`);
  return items.some((candidate) => equals(budget, candidate, item));
}

export function compare(budget: Budget, operator: CompareOperator, a: Value, b: Value): boolean {
  switch (operator) {
    case "==":
      return equals(budget, a, b);
    case "!=":
      return !equals(budget, a, b);
    case "in":
      return contains(budget, b, a);
    case "not in":
      return !contains(budget, b, a);
    case "<":
      return order(budget, operator, a, b) < 0;
    case "<=":
      return order(budget, operator, a, b) <= 0;
    case ">":
      return order(budget, operator, a, b) > 0;
    case ">=":
      return order(budget, operator, a, b) >= 0;
  }
}

/** -a and +a. */
export function sign(operator: "-" | "+", a: Value): Value {
  const x = numeric(a);
  if (x === undefined) throw new UsageError(a instanceof Undefined ? a.reason : `bad operand type for unary ${operator}: "${typeName(a)}"`);
  return operator === "-" ? -x : x;
}

/** How many code points or elements there are: len(value). */
export function length(budget: Budget, value: Value): number {
  if (typeof value === "string") return points(budget, value).length;
  if (Array.isArray(value)) return value.length;
  if (value instanceof Map) return value.size;
  if (value instanceof Tuple || value instanceof View) return value.items.length;
  if (value instanceof Undefined) return 0;
  throw new UsageError(`a value of type ${typeName(value)} has no length`);
}
