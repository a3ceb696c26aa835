// Going through values, and taking one element or a slice out of them, by Python's rules for indices.
import { UsageError } from "../../errors.ts";
import { toInteger } from "./arguments.ts";
import type { Budget } from "./limits.ts";
import { points } from "./text.ts";
import { type Dict, Generator, Tuple, typeName, Undefined, type Value, View } from "./values.ts";

/** The elements that a for loop sees. The list may be the value's own: read it only. */
export function iterate(budget: Budget, value: Value): Value[] {
  if (!isIterable(value)) throw new UsageError(`a value of type ${typeName(value)} cannot be gone through in a loop`);
  if (typeof value === "string") budget.items(value.length);
  const items = elements(value);
  budget.items(items.length);
  return items;
}

export function isIterable(value: Value): value is Iterable {
  return (
    typeof value === "string" ||
    Array.isArray(value) ||
    value instanceof Map ||
    value instanceof Tuple ||
    value instanceof View ||
    value instanceof Generator ||
    value instanceof Undefined
  );
}

type Iterable = string | Value[] | Dict | Tuple | View | Generator | Undefined;

function elements(value: Iterable): Value[] {
  if (Array.isArray(value)) return value;
  if (typeof value === "string") return Array.from(value);
  if (value instanceof Map) return Array.from(value.keys());
  if (value instanceof Tuple || value instanceof View) return value.items;
  return value instanceof Generator ? value.drain() : [];
}

/** value[index] of a list, tuple, range or string; undefined where there is no such element. Negative indices count from the end. */
export function elementAt(budget: Budget, value: Value, index: Value): Value | undefined {
  if (typeof index !== "bigint" && typeof index !== "boolean") return undefined;
  const items = indexable(budget, value);
  const i = Number(index);
  return items?.[i < 0 ? i + items.length : i];
}

/** value[start:stop:step]; None stands for a part that was left out. */
export function slice(budget: Budget, value: Value, start: Value, stop: Value, step: Value): Value {
  if (value instanceof Undefined) throw new UsageError(value.reason);
  const items = indexable(budget, value);
  if (items === undefined) throw new UsageError(`a value of type ${typeName(value)} cannot be sliced`);
  const by = step === null ? 1 : toInteger("a slice", step);
  if (by === 0) throw new UsageError("the step of a slice cannot be 0");
  // A slice that goes backwards begins at the last element and ends before the first, at -1.
  const [lowest, highest] = by > 0 ? [0, items.length] : [-1, items.length - 1];
  const bound = (part: Value, otherwise: number): number => {
    if (part === null) return otherwise;
    const i = toInteger("a slice", part);
    return Math.min(highest, Math.max(lowest, i < 0 ? i + items.length : i));
  };
  const from = bound(start, by > 0 ? lowest : highest);
  const to = bound(stop, by > 0 ? highest : lowest);

  if (typeof items === "string" && by === 1) {
    budget.text(Math.max(0, to - from));
    return items.slice(from, Math.max(from, to));
  }
  const taken: Value[] = [];
  for (let i = from; by > 0 ? i < to : i > to; i += by) taken.push(items[i]!);
  budget.items(taken.length);
  if (typeof value === "string") return taken.join("");
  return value instanceof Tuple ? new Tuple(taken) : taken;
}

function indexable(budget: Budget, value: Value): ArrayLike<Value> | undefined {
  if (Array.isArray(value)) return value;
  if (typeof value === "string") return points(budget, value);
  if (value instanceof Tuple || (value instanceof View && value.typeName === "range")) return value.items;
  return undefined;
}
