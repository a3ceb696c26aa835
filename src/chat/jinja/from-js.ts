// From the caller's plain data (JSON and its like) to template values. Only own data properties are copied, so nothing of the
// JavaScript world, a prototype, a getter or a function, can be reached from a template.
import { UsageError } from "../../errors.ts";
import type { Dict, Value } from "./values.ts";

/** Deeper than any JSON schema; a cycle ends here. */
const MAX_INPUT_DEPTH = 200;

/** A value with its size: one for each value and each character in it. */
interface Converted {
  readonly value: Value;
  readonly size: number;
}

/**
 * Whole numbers become ints and others floats; undefined properties are absent, as in JSON.
 * @param path where the value stands, for messages: `messages[2].content`
 * @throws UsageError for what is not plain data: functions, class instances, getters, cycles
 */
export function fromJs(value: unknown, path: string): Converted {
  let size = 0;

  const convert = (x: unknown, at: string, depth: number): Value => {
    if (depth > MAX_INPUT_DEPTH) throw new UsageError(`${at} is nested deeper than ${MAX_INPUT_DEPTH} levels: is there a cycle in it?`);
    size++;
    if (x === null || x === undefined) return null;
    switch (typeof x) {
      case "boolean":
      case "bigint":
        return x;
      case "number":
        return Number.isSafeInteger(x) ? BigInt(x) : x;
      case "string":
        size += x.length;
        return x;
      case "object":
        if (Array.isArray(x)) return x.map((item, i) => convert(item, `${at}[${i}]`, depth + 1));
        return convertObject(x, at, depth);
      default:
        throw new UsageError(`${at} is a ${typeof x}; a chat template takes plain data (strings, numbers, booleans, null, lists, objects)`);
    }
  };

  const convertObject = (object: object, at: string, depth: number): Dict => {
    const prototype: unknown = Object.getPrototypeOf(object);
    // Object.prototype of this realm or another one: the prototype without a prototype.
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
      throw new UsageError(`${at} is a ${object.constructor?.name ?? "class instance"}; a chat template takes plain objects`);
    const dict: Dict = new Map();
    for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
      if (!property.enumerable) continue;
      if (property.get || property.set) throw new UsageError(`${at}.${key} is a getter or setter; a chat template takes plain data`);
      if (property.value !== undefined) dict.set(key, convert(property.value, `${at}.${key}`, depth + 1));
      size += key.length;
    }
    return dict;
  };

  return { value: convert(value, path, 0), size };
}
