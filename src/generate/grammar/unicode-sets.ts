// What \p{...} stands for: the engine is asked about every character that there is, since it knows the tables.
import type { CharSet, Range } from "./char-set.ts";
import { complement } from "./char-set.ts";

const LAST = 0x10ffff;
/** Characters that are looked through at once. */
const PART = 0x8000;
const known = new Map<string, CharSet>();

/** @param property as it stands between the braces of a pattern that the engine has read */
export function unicodeSet(property: string): CharSet {
  const found = known.get(property) ?? complement(complement(ask(property))); // the surrogates come off by the way
  known.set(property, found);
  return found;
}

function ask(property: string): Range[] {
  const pattern = new RegExp(`\\p{${property}}+`, "gu");
  const ranges: Range[] = [];
  for (let first = 0; first <= LAST; first += PART) {
    // A part lies on one side of 0x10000: each of its characters takes one place, or each takes two.
    const places = first > 0xffff ? 2 : 1;
    let text = "";
    for (let code = first; code < first + PART; code++) text += String.fromCodePoint(code >= 0xd800 && code <= 0xdfff ? 0 : code);
    for (const { index, 0: run } of text.matchAll(pattern)) {
      const from = first + index / places;
      ranges.push([from, from + run.length / places - 1]);
    }
  }
  return ranges;
}
