// Reads names and values of GGUF metadata: a count says how many elements follow, the size of the file says whether they can, and a budget
// over the whole header says whether they may.
import type { ByteCursor } from "../byte-cursor.ts";
import { maxGgufArrayDepth, maxGgufNameBytes, maxGgufValues } from "../limits.ts";
import { quote } from "../quote.ts";
import type { GgufArray, GgufScalar, GgufValue, GgufValueType } from "./metadata.ts";
import { leastBytes, numberTypes, valueTypes } from "./value-types.ts";

/** Counts values of a whole header, so that no arrangement of arrays takes more memory than the limit allows. */
export interface ValueBudget {
  left: number;
}

export function createBudget(): ValueBudget {
  return { left: maxGgufValues };
}

export function readValue(cursor: ByteCursor, key: string, budget: ValueBudget): GgufValue {
  const label = quote(key);
  const type = readType(cursor, `the value type of ${label}`);
  spend(cursor, budget, 1, label);
  if (type === "array") return readArray(cursor, label, 1, budget);
  const value = readScalar(cursor, type, `the value of ${label}`);
  return { type, value } as GgufValue; // the reader of a type gives its kind of value
}

/** @param what for messages; keys and tensor names have a limit, values only that of the file */
export function readName(cursor: ByteCursor, what: string): string {
  const start = cursor.offset;
  const length = cursor.size(`the length of ${what}`);
  if (length > maxGgufNameBytes && length <= cursor.remaining) {
    throw cursor.error(`${what} has ${length} bytes, at most ${maxGgufNameBytes} are allowed`, start);
  }
  return cursor.utf8(length, what);
}

function readArray(cursor: ByteCursor, label: string, depth: number, budget: ValueBudget): GgufArray {
  const start = cursor.offset;
  if (depth > maxGgufArrayDepth) throw cursor.error(`${label} nests arrays more than ${maxGgufArrayDepth} deep`);
  const of = readType(cursor, `the element type of ${label}`);
  const count = cursor.size(`the element count of ${label}`);
  if (count * leastBytes(of) > cursor.remaining) {
    throw cursor.error(`${label} announces ${count} elements of type ${of}, the file has ${cursor.remaining} bytes left`, start);
  }
  spend(cursor, budget, count, label);

  const what = `an element of ${label}`;
  const value: (GgufScalar | GgufArray)[] = [];
  if (of === "array") for (let i = 0; i < count; i++) value.push(readArray(cursor, label, depth + 1, budget));
  else for (let i = 0; i < count; i++) value.push(readScalar(cursor, of, what));
  return { type: "array", of, value };
}

function readScalar(cursor: ByteCursor, type: Exclude<GgufValueType, "array">, what: string): GgufScalar {
  if (type === "string") return cursor.utf8(cursor.size(what), what);
  if (type === "bool") return readBool(cursor, what);
  return numberTypes[type].read(cursor, what);
}

function readBool(cursor: ByteCursor, what: string): boolean {
  const start = cursor.offset;
  const value = cursor.uint8(what);
  if (value > 1) throw cursor.error(`${what} is a boolean stored as ${value}, expected 0 or 1`, start);
  return value === 1;
}

function readType(cursor: ByteCursor, what: string): GgufValueType {
  const start = cursor.offset;
  const id = cursor.uint32(what);
  const type = valueTypes[id];
  if (type === undefined) throw cursor.error(`${what} is ${id}, expected 0 (uint8) to ${valueTypes.length - 1} (float64)`, start);
  return type;
}

function spend(cursor: ByteCursor, budget: ValueBudget, count: number, label: string): void {
  budget.left -= count;
  if (budget.left < 0) throw cursor.error(`with ${label} the metadata have more than ${maxGgufValues} values, the most that is read`);
}
