// How much a text repeats itself (Rae et al. 2021, "Scaling language models: ... Gopher", appendix A.1.1).

/** Runs of n words, one from each word on: a key of 32 bits each. In 100,000 words one or two of the keys are those of another run. */
export interface Runs {
  readonly n: number;
  readonly keys: Uint32Array;
}

/** @param hashes of the words */
export function runsOfOne(hashes: Uint32Array): Runs {
  return { n: 1, keys: hashes };
}

/** Runs that are one word longer. */
export function longerRuns({ n, keys }: Runs, hashes: Uint32Array): Runs {
  const longer = new Uint32Array(Math.max(0, hashes.length - n));
  for (let i = 0; i < longer.length; i++) {
    const mixed = Math.imul(keys[i] ^ (keys[i] >>> 15), 0x85ebca77) + hashes[i + n];
    longer[i] = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae3d);
  }
  return { n: n + 1, keys: longer };
}

/** Of the characters of all words, those in the most frequent run. @param lengths of the words */
export function topRunShare({ n, keys }: Runs, lengths: Uint32Array): number {
  const { table, mask } = emptyTable(keys.length);
  let top = 0;
  for (let i = 0; i < keys.length; i++) {
    const count = countKey(table, mask, keys[i]);
    if (count < 2) continue;
    let length = 0;
    for (let j = i; j < i + n; j++) length += lengths[j];
    if (count * length > top) top = count * length;
  }
  return share(top, lengths);
}

/** Of the characters of all words, those that stand in a run which was there before; each is counted once. */
export function repeatedRunShare({ n, keys }: Runs, lengths: Uint32Array): number {
  const { table, mask } = emptyTable(keys.length);
  let repeated = 0;
  let covered = 0; // words before this one are counted
  for (let i = 0; i < keys.length; i++) {
    if (countKey(table, mask, keys[i]) < 2) continue;
    for (let j = Math.max(i, covered); j < i + n; j++) repeated += lengths[j];
    covered = i + n;
  }
  return share(repeated, lengths);
}

/** Of pieces of a text, such as lines, those that were there before: their share in number, and in characters. */
export function repeatedPieces(pieces: readonly string[]): { readonly share: number; readonly characters: number } {
  const seen = new Set<string>();
  let [repeats, repeated, all] = [0, 0, 0];
  for (const piece of pieces) {
    all += piece.length;
    if (seen.size === seen.add(piece).size) {
      repeats++;
      repeated += piece.length;
    }
  }
  return { share: pieces.length === 0 ? 0 : repeats / pieces.length, characters: all === 0 ? 0 : repeated / all };
}

function share(part: number, lengths: Uint32Array): number {
  let all = 0;
  for (let i = 0; i < lengths.length; i++) all += lengths[i];
  return all === 0 ? 0 : part / all;
}

/** Pairs of a key and its count, half of them free; a count of 0 is a free place. */
function emptyTable(keys: number): { readonly table: Uint32Array; readonly mask: number } {
  const places = 2 ** Math.ceil(Math.log2(Math.max(16, 2 * keys)));
  return { table: new Uint32Array(2 * places), mask: places - 1 };
}

function countKey(table: Uint32Array, mask: number, key: number): number {
  let place = 2 * ((key ^ (key >>> 16)) & mask);
  while (table[place + 1] !== 0 && table[place] !== key) place = (place + 2) & (2 * mask + 1);
  table[place] = key;
  return ++table[place + 1];
}
