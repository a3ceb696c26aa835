// Texts and numbers of a schema, as rules.
import { UsageError } from "../../errors.ts";
import * as json from "./json-rules.ts";
import { count, number, texts } from "./keyword-values.ts";
import { DEFAULT_PLACES, LARGEST, numberInRange } from "./number-range.ts";
import type { Rules } from "./rules.ts";
import type { Placed } from "./schema-keywords.ts";
import type { TextKeywords } from "./text-rules.ts";

/** Whole numbers that a program keeps in so many bits, as OpenAPI and others call them; of more than 32 only the sign matters. */
const integerFormats: ReadonlyMap<string, readonly [least: number, most: number]> = new Map([
  ...[8, 16, 32].flatMap((bits): [string, [number, number]][] => [
    [`int${bits}`, [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1]],
    [`uint${bits}`, [0, 2 ** bits - 1]],
  ]),
  ["uint64", [0, LARGEST]],
  ["uint", [0, LARGEST]],
]);

export function textKeywords({ schema, path }: Placed): TextKeywords {
  return {
    patterns: texts(schema, "pattern"),
    formats: texts(schema, "format"),
    least: count(schema, "minLength", path, 0),
    most: count(schema, "maxLength", path, Number.POSITIVE_INFINITY),
    path,
  };
}

export function numberRule(rules: Rules, { schema, path }: Placed, isInteger: boolean): string {
  const step = number(schema, "multipleOf", path);
  if (step !== undefined && step <= 0) throw new UsageError(`schema: ${path}/multipleOf: ${step} was given, expected a number above 0`);
  const [least, above, most, below] = ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"].map((keyword) =>
    number(schema, keyword, path),
  );
  const formats = texts(schema, "format").flatMap((format) => integerFormats.get(format) ?? []);
  const lower = Math.max(least ?? Number.NEGATIVE_INFINITY, ...formats.filter((_, i) => i % 2 === 0));
  const upper = Math.min(most ?? Number.POSITIVE_INFINITY, ...formats.filter((_, i) => i % 2 === 1));
  const leastExcluded = above !== undefined && above >= lower;
  const mostExcluded = below !== undefined && below <= upper;
  const from = leastExcluded ? above : lower;
  const to = mostExcluded ? below : upper;
  const bounds = { least: from <= -LARGEST ? undefined : from, most: to >= LARGEST ? undefined : to };
  if (bounds.least === undefined && bounds.most === undefined && step === undefined)
    return isInteger ? json.integer(rules) : json.number(rules);
  const places = isInteger ? 0 : DEFAULT_PLACES;
  return numberInRange(rules, { ...bounds, leastExcluded, mostExcluded, places, step }, `schema: ${path || "/"}`);
}
