// Metadata of a GGUF file: typed values, and functions that fetch one as what the caller needs or say what stands there instead.
import { FormatError } from "../../errors.ts";
import { quote } from "../quote.ts";

/** Names of the scalar types, as the GGUF specification writes them, in lower case. */
export type GgufNumberType = "uint8" | "int8" | "uint16" | "int16" | "uint32" | "int32" | "uint64" | "int64" | "float32" | "float64";

export type GgufValueType = GgufNumberType | "bool" | "string" | "array";

export type GgufScalar = number | bigint | boolean | string;

/** Every element has type `of`; elements of an array of arrays are arrays of their own type. */
export interface GgufArray {
  readonly type: "array";
  readonly of: GgufValueType;
  readonly value: readonly (GgufScalar | GgufArray)[];
}

/** A value with its type in the file. 64-bit integers are numbers as long as they are exact (|x| < 2^53), bigints beyond. */
export type GgufValue =
  | { readonly type: GgufNumberType; readonly value: number | bigint }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | GgufArray;

/** Fetches a value by key. @throws FormatError when the key is absent and no fallback is given, or when the value is of another kind */
export interface MetadataGetter<V> {
  (key: string): V;
  <F>(key: string, fallback: F): V | F;
}

export interface MetadataGetters {
  readonly string: MetadataGetter<string>;
  readonly boolean: MetadataGetter<boolean>;
  /** A whole number that is exact. */
  readonly integer: MetadataGetter<number>;
  /** Integer or float. */
  readonly number: MetadataGetter<number>;
  readonly strings: MetadataGetter<readonly string[]>;
  readonly integers: MetadataGetter<readonly number[]>;
  readonly numbers: MetadataGetter<readonly number[]>;
  readonly booleans: MetadataGetter<readonly boolean[]>;
}

/** @param file its name, for messages */
export function metadataGetters(file: string, metadata: ReadonlyMap<string, GgufValue>): MetadataGetters {
  function getter<V>(expected: string, accept: (value: unknown) => value is V): MetadataGetter<V> {
    return <F>(key: string, ...fallback: [F?]): V | F => {
      const entry = metadata.get(key);
      if (entry === undefined) {
        if (fallback.length === 0) throw new FormatError(`${file}: metadata key "${key}" is missing, expected ${expected}`);
        return fallback[0] as F;
      }
      if (!accept(entry.value)) throw new FormatError(`${file}: metadata key "${key}" is ${showValue(entry)}, expected ${expected}`);
      return entry.value;
    };
  }
  return {
    string: getter("a string", isString),
    boolean: getter("a boolean", isBoolean),
    integer: getter("an integer below 2^53", isInteger),
    number: getter("a number", isNumber),
    strings: getter("an array of strings", arrayOf(isString)),
    integers: getter("an array of integers below 2^53", arrayOf(isInteger)),
    numbers: getter("an array of numbers", arrayOf(isNumber)),
    booleans: getter("an array of booleans", arrayOf(isBoolean)),
  };
}

const isString = (value: unknown): value is string => typeof value === "string";
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
const isInteger = (value: unknown): value is number => Number.isSafeInteger(value);
const isNumber = (value: unknown): value is number => typeof value === "number";

function arrayOf<V>(accept: (value: unknown) => value is V): (value: unknown) => value is readonly V[] {
  return (value): value is readonly V[] => Array.isArray(value) && value.every(accept);
}

/** For messages. */
function showValue(entry: GgufValue): string {
  if (entry.type === "array") return `an array of ${entry.value.length} ${entry.of}`;
  if (entry.type !== "string") return `the ${entry.type} ${entry.value}`;
  return `the string ${quote(entry.value)}`;
}
