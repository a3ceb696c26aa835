// Sets of characters as sequences of bytes. XGrammar's classes of characters know ASCII only: of others they take any, or none, or the bytes of their numbers.
import type { CharSet, Range } from "./char-set.ts";

/** First and last byte at each place. */
export type ByteRanges = readonly Range[];

/** Bytes that continue a character. */
const [LOWEST, HIGHEST] = [0x80, 0xbf];
/** The last character that is written with so many bytes, from one on. */
const lastOf = [0x7f, 0x7ff, 0xffff, 0x10ffff];

/** The characters of a set beyond ASCII: each is in one of the sequences. */
export function utf8Sequences(set: CharSet): ByteRanges[] {
  return set.flatMap(([first, last]) =>
    lastOf.slice(1).flatMap((end, i) => {
      const [from, to] = [Math.max(first, lastOf[i] + 1), Math.min(last, end)];
      return from <= to ? split(encode(from, i + 2), encode(to, i + 2)) : [];
    }),
  );
}

/** Sequences from one to another, as products of ranges. */
function split(from: readonly number[], to: readonly number[]): ByteRanges[] {
  const [first, ...fromRest] = from;
  const [last, ...toRest] = to;
  if (fromRest.length === 0) return [[[first, last]]];
  const lowest = fromRest.map(() => LOWEST);
  const highest = fromRest.map(() => HIGHEST);
  const under = (byte: number, rest: ByteRanges[]): ByteRanges[] => rest.map((ranges) => [[byte, byte], ...ranges]);
  if (first === last) return under(first, split(fromRest, toRest));
  const fromWhole = fromRest.every((byte) => byte === LOWEST);
  const toWhole = toRest.every((byte) => byte === HIGHEST);
  const [low, high] = [fromWhole ? first : first + 1, toWhole ? last : last - 1];
  return [
    ...(fromWhole ? [] : under(first, split(fromRest, highest))),
    ...(low <= high ? [[[low, high] as const, ...fromRest.map(() => [LOWEST, HIGHEST] as const)]] : []),
    ...(toWhole ? [] : under(last, split(lowest, toRest))),
  ];
}

function encode(code: number, bytes: number): number[] {
  const lead = [0, 0, 0xc0, 0xe0, 0xf0][bytes];
  return Array.from({ length: bytes }, (_, i) => {
    const bits = code >> (6 * (bytes - 1 - i));
    return i === 0 ? lead | bits : 0x80 | (bits & 0x3f);
  });
}
