// The values of a template: Python's, in JavaScript clothes. None is null, an int is a bigint, a float is a number (so 2 and 2.0 print
// and divide as in Python), a list is an array, a dict is a Map. Nothing changes after it is made except a namespace, as in jinja2's
// immutable sandbox. Left out: tuples as dictionary keys, 1 and True being the same key, strings marked as safe HTML.

import type { Budget } from "./limits.ts";

export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Value[]
  | Tuple
  | Dict
  | View
  | Generator
  | Namespace
  | Callable
  | Undefined;

export type DictKey = string | bigint | number | boolean | null;
export type Dict = Map<DictKey, Value>;

/** What a name or attribute that does not exist gives: prints as nothing, is false, iterates over nothing; any other use throws the reason. */
export class Undefined {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

export class Tuple {
  readonly items: Value[];
  constructor(items: Value[]) {
    this.items = items;
  }
}

/** keys(), values() and items() of a dictionary, and range(): they have a length and can be gone through again. */
export class View {
  readonly typeName: "dict_keys" | "dict_values" | "dict_items" | "range";
  readonly items: Value[];
  /** How a range prints: its bounds, not its numbers. */
  readonly text: string | undefined;
  constructor(typeName: View["typeName"], items: Value[], text?: string) {
    this.typeName = typeName;
    this.items = items;
    this.text = text;
  }
}

/** What map, select, reverse and the like give in Python: always true, without length or index, empty after it was gone through once. */
export class Generator {
  readonly #items: Value[];
  #position = 0;
  constructor(items: Value[]) {
    this.#items = items;
  }
  next(): Value | undefined {
    return this.#items[this.#position++];
  }
  drain(): Value[] {
    const rest = this.#items.slice(this.#position);
    this.#position = this.#items.length;
    return rest;
  }
}

/** The one thing that a template can write into: `{% set ns.name = value %}`. */
export class Namespace {
  readonly attributes = new Map<string, Value>();
}

/** Arguments of a call, filter or test: evaluated, positions first. */
export interface Arguments {
  readonly positional: Value[];
  readonly named: Map<string, Value>;
}

/** A macro, a method bound to its object, a global function, or the loop variable (which has attributes too). */
export class Callable {
  readonly name: string;
  readonly call: (args: Arguments) => Value;
  readonly attribute: (name: string) => Value | undefined;
  constructor(name: string, call: Callable["call"], attribute: Callable["attribute"] = () => undefined) {
    this.name = name;
    this.call = call;
    this.attribute = attribute;
  }
}

/** Python's name of a value's type, for messages. */
export function typeName(value: Value): string {
  if (value === null) return "NoneType";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "float";
    case "string":
      return "str";
  }
  if (Array.isArray(value)) return "list";
  if (value instanceof Map) return "dict";
  if (value instanceof Tuple) return "tuple";
  if (value instanceof View) return value.typeName;
  if (value instanceof Generator) return "generator";
  if (value instanceof Namespace) return "Namespace";
  if (value instanceof Undefined) return "Undefined";
  return "function";
}

export function truthy(value: Value): boolean {
  if (typeof value === "bigint") return value !== 0n;
  if (value === null || typeof value !== "object") return Boolean(value) || Number.isNaN(value);
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  if (value instanceof Tuple || value instanceof View) return value.items.length > 0;
  return !(value instanceof Undefined);
}

/** A value as the key of a dict, undefined where it cannot be one. Hashing reads a string through. */
export function asKey(budget: Budget, value: Value): DictKey | undefined {
  if (typeof value === "string") budget.text(value.length);
  return value === null || typeof value !== "object" ? value : undefined;
}
