// How long a model stays loaded after a request: seconds as a number, or a duration as Go writes it ("5m", "1h30m", "300ms").
import * as v from "valibot";

const secondsIn: Record<string, number> = { ns: 1e-9, us: 1e-6, "\u00b5s": 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };
/** Each amount ends with its unit, so that a text can be read in one way only, and what is none is known at once. */
const duration = /^[+-]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|\u00b5s|ms|s|m|h))+)$/;
/** Characters: one amount of each unit, to the last digit, has fewer. */
const MAX_LENGTH = 128;

const expected = 'expected seconds, or a duration such as "5m" or "1h30m"; below 0 it stays loaded';

export const keepAliveSchema = v.nullish(
  v.union([v.number(), v.pipe(v.string(), v.maxLength(MAX_LENGTH, expected), v.regex(duration, expected))], expected),
);

/** @returns seconds; Infinity for what is below 0; undefined where nothing was asked for */
export function keepAliveSeconds(given: v.InferOutput<typeof keepAliveSchema>): number | undefined {
  if (given === undefined || given === null) return undefined;
  const seconds = typeof given === "number" ? given : secondsOf(given);
  return seconds < 0 ? Number.POSITIVE_INFINITY : seconds;
}

function secondsOf(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|\u00b5s|ms|s|m|h)/g)];
  const sum = parts.reduce((total, [, amount, unit]) => total + Number(amount) * secondsIn[unit], 0);
  return text.startsWith("-") ? -sum : sum;
}
