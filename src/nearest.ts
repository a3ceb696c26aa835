// The known word that a mistyped one probably means.

/** Longer ones are not mistyped, and comparing them would take a server's time. */
const LONGEST = 128;

/** Undefined when nothing is near: more than a third of the letters would have to change. */
export function nearest(given: string, known: readonly string[]): string | undefined {
  if (given.length > LONGEST) return undefined;
  const ranked = known.map((word) => ({ word, distance: distance(given, word) })).sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  if (best && best.distance <= Math.max(1, Math.max(given.length, best.word.length) / 3)) return best.word;
  return given.length >= 3 ? known.find((word) => word.startsWith(given) || word.endsWith(`-${given}`)) : undefined;
}

/** Letters to insert, remove, replace or swap with their neighbour (Damerau 1964, optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2] + 1 : Number.POSITIVE_INFINITY;
      next[j] = Math.min(replaced, swapped, row[j] + 1, next[j - 1] + 1);
    }
    [before, row] = [row, next];
  }
  return row[b.length];
}
