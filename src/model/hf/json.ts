// Typed access to a config.json by strangers: every getter says which file and key it is about, what stands there and what was expected.
// Keys whose value is null count as absent, as the libraries that write these files treat them.
import { FormatError, UnsupportedError } from "../../errors.ts";
import { showJson } from "../../formats/quote.ts";
import { isJsonObject, type Json } from "../../formats/strict-json.ts";
import { type SizeName, sizeLimits } from "../config.ts";

/** One name, or several of which published files use one or the other. */
export type Key = string | readonly string[];

/** @throws FormatError when the key is absent and no fallback is given, or when the value is of another kind */
interface Getter<V> {
  (key: Key): V;
  <F>(key: Key, fallback: F): V | F;
}

export interface JsonFields {
  /** The file, for messages. */
  readonly file: string;
  has(key: Key): boolean;
  /** Written as null, which a few keys use for "off" where leaving them out means a default. */
  isNull(key: string): boolean;
  readonly string: Getter<string>;
  readonly boolean: Getter<boolean>;
  /** Finite. */
  readonly number: Getter<number>;
  readonly strings: Getter<readonly string[]>;
  /** A whole number from 1 to the limit of that size. */
  size(key: Key, name: SizeName, fallback?: number): number;
  /** The fields of an object inside; undefined when it is absent. */
  fields(key: Key): JsonFields | undefined;
  /** Refuses every value but `expected` (and absence). @throws UnsupportedError */
  only(key: string, expected: boolean | number | string, why: string): void;
}

/** @param path of `record` inside the file with a dot at its end, "" for the whole */
export function jsonFields(file: string, record: Json | undefined, path = ""): JsonFields {
  if (!isJsonObject(record)) {
    throw new FormatError(`${file}: ${path === "" ? "the file" : `key "${path.slice(0, -1)}"`} is ${showJson(record)}, expected an object`);
  }
  const find = (key: Key): { key: string; value: Json | undefined } => {
    const names = typeof key === "string" ? [key] : key;
    const name = names.find((candidate) => Object.hasOwn(record, candidate) && record[candidate] !== null);
    return { key: path + (name ?? names[0]), value: name === undefined ? undefined : record[name] };
  };

  function getter<V extends Json>(expected: string, accept: (value: Json) => value is V): Getter<V> {
    return <F>(key: Key, ...fallback: [F?]): V | F => {
      const found = find(key);
      if (found.value === undefined) {
        if (fallback.length === 0) throw new FormatError(`${file}: key "${found.key}" is missing, expected ${expected}`);
        return fallback[0] as F;
      }
      if (!accept(found.value)) throw new FormatError(`${file}: key "${found.key}" is ${showJson(found.value)}, expected ${expected}`);
      return found.value;
    };
  }

  return {
    file,
    has: (key) => find(key).value !== undefined,
    isNull: (key) => Object.hasOwn(record, key) && record[key] === null,
    string: getter("a string", (v) => typeof v === "string"),
    boolean: getter("true or false", (v) => typeof v === "boolean"),
    number: getter("a finite number", (v): v is number => typeof v === "number" && Number.isFinite(v)),
    strings: getter("a list of strings", (v): v is readonly string[] => Array.isArray(v) && v.every((item) => typeof item === "string")),
    size(key, name, fallback) {
      const limit = sizeLimits[name];
      const inRange = (v: Json): v is number => typeof v === "number" && Number.isInteger(v) && v >= 1 && v <= limit;
      const get = getter(`a whole number from 1 to ${limit}`, inRange);
      return fallback === undefined ? get(key) : get(key, fallback);
    },
    fields(key) {
      const found = find(key);
      return found.value === undefined ? undefined : jsonFields(file, found.value, `${found.key}.`);
    },
    only(key, expected, why) {
      const found = find(key);
      if (found.value === undefined || found.value === expected) return;
      throw new UnsupportedError(
        `${file}: key "${found.key}" is ${showJson(found.value)}, only ${showJson(expected)} is supported: ${why}`,
      );
    },
  };
}
