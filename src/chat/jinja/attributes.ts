// What stands behind `object.name` and `object[key]`. A template reaches the entries of its data and the methods listed here, nothing else:
// there is no path from a value to the JavaScript object that holds it.
import { UsageError } from "../../errors.ts";
import { bind } from "./arguments.ts";
import type { Budget } from "./limits.ts";
import { equals } from "./operators.ts";
import { elementAt } from "./sequences.ts";
import { stringMethods } from "./string-methods.ts";
import { repr } from "./text.ts";
import { asKey, Callable, type Dict, Namespace, Tuple, typeName, Undefined, type Value, View } from "./values.ts";

const mutating: Record<string, ReadonlySet<string>> = {
  list: new Set(["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"]),
  dict: new Set(["clear", "pop", "popitem", "setdefault", "update"]),
};

/** object.name: an attribute or method first, then the entry of that name, as in jinja2 (so `schema.items` is the method). */
export function getAttribute(budget: Budget, object: Value, name: string): Value {
  if (object instanceof Undefined) throw new UsageError(object.reason);
  const value = attribute(budget, object, name);
  if (value !== undefined) return value;
  const entry = object instanceof Map ? object.get(name) : undefined;
  return entry === undefined ? missing(object, name) : entry;
}

/** object[key]: the entry first, then an attribute of that name. */
export function getItem(budget: Budget, object: Value, key: Value): Value {
  if (object instanceof Undefined) throw new UsageError(object.reason);
  const entry = object instanceof Map ? lookUp(budget, object, key) : elementAt(budget, object, key);
  if (entry !== undefined) return entry;
  if (typeof key !== "string") return missing(object, repr(budget, key));
  budget.text(key.length);
  const value = attribute(budget, object, key);
  return value === undefined ? missing(object, key) : value;
}

function lookUp(budget: Budget, dict: Dict, key: Value): Value | undefined {
  const known = asKey(budget, key);
  return known === undefined ? undefined : dict.get(known);
}

function missing(object: Value, name: string): Undefined {
  return new Undefined(`"${typeName(object)}" object has no element or attribute "${name.slice(0, 100)}"`);
}

function attribute(budget: Budget, object: Value, name: string): Value | undefined {
  if (object instanceof Namespace) return object.attributes.get(name);
  if (object instanceof Callable) return object.attribute(name);
  if (typeof object === "string") {
    const method = stringMethods.get(name);
    return (
      method &&
      new Callable(name, (args) => {
        budget.text(object.length);
        return method(budget, object, args);
      })
    );
  }
  const type = typeName(object);
  if (Object.hasOwn(mutating, type) && mutating[type]!.has(name))
    return new Undefined(`"${name}" would change a ${type}, which templates may not do: build a new one, or use a namespace`);
  if (object instanceof Map) return dictMethod(budget, object, name);
  if (Array.isArray(object)) return listMethod(budget, object, name);
  if (object instanceof Tuple) return listMethod(budget, object.items, name);
  return undefined;
}

function dictMethod(budget: Budget, dict: Dict, name: string): Callable | undefined {
  switch (name) {
    case "get":
      return new Callable(name, (args) => {
        const [key = null, otherwise = null] = bind(name, args, "key", "default");
        const entry = lookUp(budget, dict, key);
        return entry === undefined ? otherwise : entry;
      });
    case "keys":
    case "values":
    case "items":
      return new Callable(name, (args) => {
        bind(name, args);
        budget.items(dict.size);
        return new View(`dict_${name}`, name === "keys" ? [...dict.keys()] : name === "values" ? [...dict.values()] : pairs(dict));
      });
    case "copy":
      return new Callable(name, () => dict);
    default:
      return undefined;
  }
}

export function pairs(dict: Dict): Tuple[] {
  return Array.from(dict, (entry) => new Tuple(entry));
}

function listMethod(budget: Budget, items: Value[], name: string): Callable | undefined {
  switch (name) {
    case "count":
      return new Callable(name, (args) => {
        const [sought = null] = bind(name, args, "value");
        return BigInt(items.filter((item) => equals(budget, item, sought)).length);
      });
    case "index":
      return new Callable(name, (args) => {
        const [sought = null] = bind(name, args, "value");
        const i = items.findIndex((item) => equals(budget, item, sought));
        if (i < 0) throw new UsageError("index: the value is not in the list");
        return BigInt(i);
      });
    case "copy":
      return new Callable(name, () => items);
    default:
      return undefined;
  }
}
