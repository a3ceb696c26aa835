// Values of keywords, each of the kind that it has to be.
import { UsageError } from "../../errors.ts";
import { isJsonObject } from "../../formats/strict-json.ts";
import { objectOf, type Schema } from "./schema-keywords.ts";

/** Items or values in one list. */
export const MOST_ITEMS = 10_000;

export function list(given: unknown, path: string, keyword: string, least = 1): readonly unknown[] {
  if (Array.isArray(given) && given.length >= least) return given;
  throw new UsageError(
    `schema: ${path}/${keyword}: ${JSON.stringify(given)} was given, expected a list${least > 0 ? " with at least one item" : ""}`,
  );
}

export function record(given: unknown, path: string, keyword: string): Readonly<Record<string, unknown>> {
  if (given === undefined || isJsonObject(given)) return objectOf(given);
  throw new UsageError(`schema: ${path}/${keyword}: ${JSON.stringify(given)} was given, expected an object`);
}

export function count(schema: Schema, keyword: string, path: string, otherwise: number): number {
  const given = schema[keyword] ?? otherwise;
  if (given === Number.POSITIVE_INFINITY) return given;
  if (!Number.isSafeInteger(given) || Number(given) < 0) {
    throw new UsageError(`schema: ${path}/${keyword}: ${JSON.stringify(given)} was given, expected a whole number from 0`);
  }
  if (Number(given) > MOST_ITEMS && keyword.startsWith("min")) {
    throw new UsageError(`schema: ${path}/${keyword}: ${given} was given, ${MOST_ITEMS} at most can be enforced`);
  }
  return Number(given);
}

/** Undefined where the keyword is not there. */
export function number(schema: Schema, keyword: string, path: string): number | undefined {
  const given = schema[keyword];
  if (given === undefined || (typeof given === "number" && Number.isFinite(given))) return given;
  throw new UsageError(`schema: ${path}/${keyword}: ${JSON.stringify(given)} was given, expected a number`);
}

/** The text of a keyword, or those of several schemas that were put together. */
export function texts(schema: Schema, keyword: "pattern" | "format"): readonly string[] {
  return [schema[keyword] ?? []].flat() as string[];
}
