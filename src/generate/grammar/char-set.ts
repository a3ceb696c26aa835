// Sets of characters, as ranges of code points: ascending, apart, without the surrogates, which UTF-8 cannot write.

/** [first, last] */
export type Range = readonly [number, number];
export type CharSet = readonly Range[];

const LAST = 0x10ffff;
const surrogates: Range = [0xd800, 0xdfff];

export function union(...sets: readonly CharSet[]): CharSet {
  const ranges = sets.flat().sort((a, b) => a[0] - b[0]);
  const joined: [number, number][] = [];
  for (const [first, last] of ranges) {
    const before = joined.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else joined.push([first, last]);
  }
  return joined;
}

export function complement(set: CharSet): CharSet {
  const gaps: Range[] = [];
  let next = 0;
  for (const [first, last] of union(set, [surrogates])) {
    if (first > next) gaps.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= LAST) gaps.push([next, LAST]);
  return gaps;
}

export function intersection(a: CharSet, b: CharSet): CharSet {
  const common: Range[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [first, last] = [Math.max(a[i][0], b[j][0]), Math.min(a[i][1], b[j][1])];
    if (first <= last) common.push([first, last]);
    if (a[i][1] < b[j][1]) i++;
    else j++;
  }
  return common;
}

/** How many characters. */
export function size(set: CharSet): number {
  return set.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

export function oneOf(characters: string): CharSet {
  return union(Array.from(characters, (character) => [character.codePointAt(0)!, character.codePointAt(0)!] as const));
}

export function contains(set: CharSet, codePoint: number): boolean {
  return set.some(([first, last]) => first <= codePoint && codePoint <= last);
}

export const digits: CharSet = [[0x30, 0x39]];
export const wordCharacters: CharSet = union(digits, [
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]);
/** What \s stands for in JavaScript. */
export const spaces: CharSet = union(oneOf("\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"), [[0x2000, 0x200a]]);
export const lineBreaks: CharSet = oneOf("\n\r\u2028\u2029");
