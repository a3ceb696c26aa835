// The table of filters, and those of jinja2 that work on lists and dictionaries. Left out: attr, groupby, and the ones that text-filters.ts names.
import { UsageError } from "../../errors.ts";
import { bind, toInteger, toText } from "./arguments.ts";
import { getItem, pairs } from "./attributes.ts";
import type { Budget } from "./limits.ts";
import { arithmetic, length, order } from "./operators.ts";
import { iterate } from "./sequences.ts";
import { joinTexts } from "./string-methods.ts";
import { tests } from "./tests.ts";
import { str } from "./text.ts";
import { type Filter, textFilters } from "./text-filters.ts";
import { type Arguments, asKey, type Dict, Generator, truthy, typeName, Undefined, type Value } from "./values.ts";

export const filters: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ...textFilters,
  ["default", defaultTo],
  ["d", defaultTo],
  ["length", (budget, value) => BigInt(length(budget, value))],
  ["count", (budget, value) => BigInt(length(budget, value))],
  ["list", (budget, value) => [...iterate(budget, value)]],
  ["first", first],
  ["last", last],
  ["reverse", reverse],
  ["join", join],
  ["sort", sort],
  ["dictsort", dictsort],
  ["items", items],
  ["unique", unique],
  ["min", (budget, value, args) => extreme(budget, "min", value, args)],
  ["max", (budget, value, args) => extreme(budget, "max", value, args)],
  ["sum", sum],
  ["batch", batch],
  ["slice", slices],
  ["map", map],
  ["select", (budget, value, args) => choose(budget, "select", value, args, true)],
  ["reject", (budget, value, args) => choose(budget, "reject", value, args, false)],
  ["selectattr", (budget, value, args) => chooseByAttribute(budget, "selectattr", value, args, true)],
  ["rejectattr", (budget, value, args) => chooseByAttribute(budget, "rejectattr", value, args, false)],
]);

function defaultTo(_: Budget, value: Value, args: Arguments): Value {
  const [otherwise = "", falseToo = false] = bind("default", args, "default_value", "boolean");
  return value instanceof Undefined || (truthy(falseToo) && !truthy(value)) ? otherwise : value;
}

function first(budget: Budget, value: Value): Value {
  const item = value instanceof Generator ? value.next() : iterate(budget, value)[0];
  return item === undefined ? new Undefined("first: the sequence is empty") : item;
}

function last(budget: Budget, value: Value): Value {
  if (value instanceof Generator) throw new UsageError("last: a generator cannot be reversed, use | list first");
  const item = iterate(budget, value).at(-1);
  return item === undefined ? new Undefined("last: the sequence is empty") : item;
}

function reverse(budget: Budget, value: Value): Value {
  const reversed = iterate(budget, value).toReversed();
  return typeof value === "string" ? reversed.join("") : new Generator(reversed);
}

function join(budget: Budget, value: Value, args: Arguments): string {
  const [separator = "", attribute = null] = bind("join", args, "d", "attribute");
  const parts = iterate(budget, value).map((item) => str(budget, lookUp(budget, item, attribute)));
  return joinTexts(budget, str(budget, separator), parts);
}

/** Follows "a.b.0" (or an index) into an item; None is the item itself. */
function lookUp(budget: Budget, item: Value, attribute: Value): Value {
  if (attribute === null) return item;
  if (typeof attribute === "string") budget.text(attribute.length);
  const path = typeof attribute === "string" ? attribute.split(".") : [attribute];
  return path.reduce(
    (value: Value, part) => getItem(budget, value, typeof part === "string" && /^\d+$/.test(part) ? BigInt(part) : part),
    item,
  );
}

/** What a value sorts and compares by: text without regard to case, unless asked for. */
function sortKey(budget: Budget, value: Value, caseSensitive: Value): Value {
  if (typeof value !== "string" || truthy(caseSensitive)) return value;
  budget.text(value.length);
  return value.toLowerCase();
}

function sort(budget: Budget, value: Value, args: Arguments): Value {
  const [descending = false, caseSensitive = false, attribute = null] = bind("sort", args, "reverse", "case_sensitive", "attribute");
  // Several attributes, "a,b", sort by the first and then the second.
  const attributes = typeof attribute === "string" ? attribute.split(",") : [attribute];
  return sortBy(budget, iterate(budget, value), truthy(descending), (item) =>
    attributes.map((a) => sortKey(budget, lookUp(budget, item, a), caseSensitive)),
  );
}

function sortBy<T>(budget: Budget, items: T[], descending: boolean, key: (item: T) => Value[]): T[] {
  const keyed = items.map((item) => ({ item, key: key(item) }));
  const direction = descending ? -1 : 1; // stable in both, as Python's
  return keyed.sort((a, b) => direction * order(budget, "<", a.key, b.key)).map(({ item }) => item);
}

function dictsort(budget: Budget, value: Value, args: Arguments): Value {
  const [caseSensitive = false, by = "key", descending = false] = bind("dictsort", args, "case_sensitive", "by", "reverse");
  if (by !== "key" && by !== "value") throw new UsageError('dictsort sorts by "key" or by "value"');
  const entries = pairs(mapping(budget, "dictsort", value));
  return sortBy(budget, entries, truthy(descending), (entry) => [sortKey(budget, entry.items[by === "key" ? 0 : 1]!, caseSensitive)]);
}

function items(budget: Budget, value: Value): Value {
  return new Generator(value instanceof Undefined ? [] : pairs(mapping(budget, "items", value)));
}

function mapping(budget: Budget, filter: string, value: Value): Dict {
  if (!(value instanceof Map))
    throw new UsageError(value instanceof Undefined ? value.reason : `${filter} expects a dict, not a value of type ${typeName(value)}`);
  budget.items(value.size);
  return value;
}

function unique(budget: Budget, value: Value, args: Arguments): Value {
  const [caseSensitive = false, attribute = null] = bind("unique", args, "case_sensitive", "attribute");
  const seen = new Set<Value>();
  return new Generator(
    iterate(budget, value).filter((item) => {
      const key = sortKey(budget, lookUp(budget, item, attribute), caseSensitive);
      if (asKey(budget, key) === undefined) throw new UsageError(`unique: a value of type ${typeName(key)} cannot be compared by hash`);
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    }),
  );
}

function extreme(budget: Budget, which: "min" | "max", value: Value, args: Arguments): Value {
  const [caseSensitive = false, attribute = null] = bind(which, args, "case_sensitive", "attribute");
  let best: { item: Value; key: Value } | undefined;
  for (const item of iterate(budget, value)) {
    const key = sortKey(budget, lookUp(budget, item, attribute), caseSensitive);
    if (!best || (which === "min" ? order(budget, "<", key, best.key) < 0 : order(budget, ">", key, best.key) > 0)) best = { item, key };
  }
  return best ? best.item : new Undefined(`${which}: the sequence is empty`);
}

function sum(budget: Budget, value: Value, args: Arguments): Value {
  const [attribute = null, start = 0n] = bind("sum", args, "attribute", "start");
  return iterate(budget, value).reduce((total: Value, item) => arithmetic(budget, "+", total, lookUp(budget, item, attribute)), start);
}

/** Rows of a fixed length; the last one is filled up where a fill is given. */
function batch(budget: Budget, value: Value, args: Arguments): Value {
  const [count, fill = null] = bind("batch", args, "linecount", "fill_with");
  const size = toInteger("batch", count);
  if (size < 1) throw new UsageError(`batch: rows of ${size} elements are not possible`);
  const all = iterate(budget, value);
  const rows: Value[][] = [];
  for (let i = 0; i < all.length; i += size) rows.push(all.slice(i, i + size));
  return new Generator(rows.map((row) => (fill === null ? row : filled(budget, row, size, fill))));
}

/** A fixed number of columns, the first ones longer; the shorter ones are filled up where a fill is given. */
function slices(budget: Budget, value: Value, args: Arguments): Value {
  const [count, fill = null] = bind("slice", args, "slices", "fill_with");
  const columns = toInteger("slice", count);
  if (columns < 1) throw new UsageError(`slice: ${columns} columns are not possible`);
  budget.items(columns);
  const all = iterate(budget, value);
  const [size, longer] = [Math.floor(all.length / columns), all.length % columns];
  return new Generator(
    Array.from({ length: columns }, (_, i) => {
      const start = i * size + Math.min(i, longer);
      const column = all.slice(start, start + size + (i < longer ? 1 : 0));
      return fill === null || i < longer || longer === 0 ? column : filled(budget, column, size + 1, fill);
    }),
  );
}

function filled(budget: Budget, row: Value[], size: number, fill: Value): Value[] {
  budget.items(size);
  return [...row, ...Array.from({ length: size - row.length }, () => fill)];
}

/** map and its relatives take what is false, None too, for an empty list. */
function each(budget: Budget, value: Value): Value[] {
  return truthy(value) ? iterate(budget, value) : [];
}

function map(budget: Budget, value: Value, args: Arguments): Value {
  if (args.positional.length === 0) {
    const [attribute, otherwise] = bind("map", args, "attribute", "default");
    if (attribute === undefined) throw new UsageError("map needs the name of a filter, or attribute=");
    return new Generator(
      each(budget, value).map((item) => {
        const found = lookUp(budget, item, attribute);
        return found instanceof Undefined && otherwise !== undefined ? otherwise : found;
      }),
    );
  }
  const [name, ...rest] = args.positional;
  const filter = named(filters, "filter", toText("map", name));
  return new Generator(each(budget, value).map((item) => filter(budget, item, { positional: rest, named: args.named })));
}

function choose(budget: Budget, callee: string, value: Value, args: Arguments, keep: boolean): Value {
  const accepts = predicate(budget, callee, args);
  return new Generator(each(budget, value).filter((item) => accepts(item) === keep));
}

function chooseByAttribute(budget: Budget, callee: string, value: Value, args: Arguments, keep: boolean): Value {
  const [attribute, ...rest] = args.positional;
  if (attribute === undefined) throw new UsageError(`${callee} needs the name of an attribute`);
  const accepts = predicate(budget, callee, { positional: rest, named: args.named });
  return new Generator(each(budget, value).filter((item) => accepts(lookUp(budget, item, attribute)) === keep));
}

/** The test that the first argument names, with the other arguments as its own; truth where none is named. */
function predicate(budget: Budget, callee: string, args: Arguments): (item: Value) => boolean {
  const [name, ...rest] = args.positional;
  if (name === undefined) return truthy;
  const test = named(tests, "test", toText(callee, name));
  return (item) => test(budget, item, { positional: rest, named: args.named });
}

/** Looks up a filter or a test by its name. */
export function named<T>(table: ReadonlyMap<string, T>, kind: "filter" | "test", name: string): T {
  const entry = table.get(name);
  if (entry === undefined)
    throw new UsageError(`there is no ${kind} "${name.slice(0, 100)}"; known are ${[...table.keys()].sort().join(", ")}`);
  return entry;
}
