// Reading fields of a stranger's JSON: each function returns the value with its type or throws a FormatError that names the place.

import { FormatError } from "../../errors.ts";
import { isJsonObject } from "../../formats/strict-json.ts";

/** A value and where it stands, for messages: `tokenizer.json: decoder.decoders[1]`. */
export interface Field {
  readonly value: unknown;
  readonly where: string;
}

/** The root of a file's JSON. */
export function parseJson(json: string, source: string): Field {
  try {
    return { value: JSON.parse(json), where: source };
  } catch (error) {
    throw new FormatError(`${source} is not JSON: ${(error as Error).message}`);
  }
}

function wrong(field: Field, expected: string): FormatError {
  return new FormatError(`${field.where} is ${shownValue(field.value)}, expected ${expected}`);
}

/** A value in a few words: it may be as large and as deep as a file. */
export function shownValue(value: unknown): string {
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "string" && value.length > 60 ? `${JSON.stringify(value.slice(0, 60))}...` : JSON.stringify(value);
}

/** The field of an object; its value is undefined if the object does not have it. */
export function fieldOf(object: Field, key: string): Field {
  const { value, where } = object;
  if (!isJsonObject(value)) throw wrong(object, "an object");
  return { value: Object.hasOwn(value, key) ? value[key] : undefined, where: `${where}.${key}` };
}

/** True for a field that is missing or null. */
export function isAbsent(field: Field): boolean {
  return field.value === undefined || field.value === null;
}

export function stringOf(field: Field): string {
  if (typeof field.value !== "string") throw wrong(field, "a string");
  return field.value;
}

/** A boolean; `absent` if the field is missing or null. */
export function booleanOf(field: Field, absent: boolean): boolean {
  if (isAbsent(field)) return absent;
  if (typeof field.value !== "boolean") throw wrong(field, "true or false");
  return field.value;
}

/** True for a whole number from 0 to `most`. */
export function isIndex(value: unknown, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most;
}

/** A whole number from 0 to `most`. */
export function indexOf(field: Field, most: number): number {
  if (!isIndex(field.value, most)) throw wrong(field, `a whole number from 0 to ${most}`);
  return field.value;
}

/** The elements of an array. */
export function listOf(field: Field): Field[] {
  if (!Array.isArray(field.value)) throw wrong(field, "an array");
  return field.value.map((value: unknown, i) => ({ value, where: `${field.where}[${i}]` }));
}

/** Keys and values of an object. */
export function entriesOf(field: Field): [string, unknown][] {
  const { value } = field;
  if (!isJsonObject(value)) throw wrong(field, "an object");
  return Object.entries(value);
}
