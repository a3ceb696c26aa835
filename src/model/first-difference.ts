// What would be lost of a configuration on its way through a file: exports read back what they are about to write and refuse what comes back otherwise.

/**
 * The first value of `given` that `read` has otherwise, as a sentence; undefined when they are equal. Absent values and false are one, and so are an absent
 * maximal bias of ALiBi and its default.
 *
 * @param tolerance by how much of themselves numbers may differ
 */
export function firstDifference(given: unknown, read: unknown, tolerance: number, path = ""): string | undefined {
  if (typeof given === "object" && given !== null && typeof read === "object" && read !== null) {
    for (const key of new Set([...Object.keys(given), ...Object.keys(read)])) {
      const inside = path === "" ? key : `${path}.${key}`;
      const found = firstDifference(given[key as keyof typeof given], read[key as keyof typeof read], tolerance, inside);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (typeof given === "number" && typeof read === "number" && Math.abs(given - read) <= tolerance * Math.abs(given)) return undefined;
  const meansNothing = (value: unknown): boolean => value === undefined || value === false;
  if (given === read || (meansNothing(given) && meansNothing(read)) || (path === "positions.maxBias" && (given ?? read) === 8))
    return undefined;
  return `${path} would become ${show(read)} instead of ${show(given)}`;
}

const show = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));
