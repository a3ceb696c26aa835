// A table from keys of 64 bits to numbers: 12 bytes an entry in one typed array, where a Map would take 60 and more.

export interface KeyTable {
  /** Keeps `value` for the key if it has none yet. @param value below 2^32 - 1 @returns the value that was kept first */
  first(high: number, low: number, value: number): number;
  /** Adds one to the value of the key. @returns the new value */
  count(high: number, low: number): number;
  /** Undefined where there is none. */
  get(high: number, low: number): number | undefined;
  /** Calls back for every key. */
  forEach(visit: (high: number, low: number, value: number) => void): void;
  readonly size: number;
}

/** At most two thirds of the places are taken. */
const fullness = 2 / 3;

export function createKeyTable(): KeyTable {
  let places = 1024;
  let entries = new Uint32Array(3 * places); // high, low, value + 1; 0 is an empty place
  let size = 0;

  /** Where the key stands, or would. */
  const placeOf = (high: number, low: number): number => {
    let place = (Math.imul(high, 0x9e3779b1) ^ low) & (places - 1);
    while (entries[3 * place + 2] !== 0 && (entries[3 * place] !== high || entries[3 * place + 1] !== low))
      place = (place + 1) & (places - 1);
    return 3 * place;
  };
  const put = (at: number, high: number, low: number, stored: number): void => {
    entries[at] = high;
    entries[at + 1] = low;
    entries[at + 2] = stored;
    if (++size > places * fullness) grow();
  };
  const grow = (): void => {
    const old = entries;
    places *= 2;
    entries = new Uint32Array(3 * places);
    for (let at = 0; at < old.length; at += 3) if (old[at + 2] !== 0) entries.set(old.subarray(at, at + 3), placeOf(old[at], old[at + 1]));
  };

  return {
    first(high, low, value) {
      const at = placeOf(high, low);
      if (entries[at + 2] !== 0) return entries[at + 2] - 1;
      put(at, high, low, value + 1);
      return value;
    },
    count(high, low) {
      const at = placeOf(high, low);
      if (entries[at + 2] === 0) {
        put(at, high, low, 2);
        return 1;
      }
      return entries[at + 2]++;
    },
    get(high, low) {
      const stored = entries[placeOf(high, low) + 2];
      return stored === 0 ? undefined : stored - 1;
    },
    forEach(visit) {
      for (let at = 0; at < entries.length; at += 3) if (entries[at + 2] !== 0) visit(entries[at], entries[at + 1], entries[at + 2] - 1);
    },
    get size() {
      return size;
    },
  };
}
