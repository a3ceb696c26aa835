import { describe, expect, it } from "vitest";
import { createRng } from "../../../tensor/rng.ts";
import { hashText } from "./hash.ts";
import { createKeyTable } from "./key-table.ts";
import { bandKeys, bands, resemblance, shingleSet, shinglesOf } from "./min-hash.ts";

describe("hashes of texts", () => {
  it("are different for different texts, and every bit depends on every character", () => {
    const key = new Uint32Array(2);
    const seen = new Set<bigint>();
    for (let i = 0; i < 200_000; i++) {
      hashText(`line ${i}`, key, 0);
      seen.add((BigInt(key[0]) << 32n) | BigInt(key[1]));
    }
    expect(seen.size).toBe(200_000);

    let flipped = 0;
    const [a, b] = [new Uint32Array(2), new Uint32Array(2)];
    for (let i = 0; i < 1000; i++) {
      hashText(`the same beginning ${i} and end`, a, 0);
      hashText(`the same beginning ${i} and enf`, b, 0);
      for (const word of [0, 1]) for (let bits = a[word] ^ b[word]; bits !== 0; bits &= bits - 1) flipped++;
    }
    expect(flipped / 1000).toBeGreaterThan(31);
    expect(flipped / 1000).toBeLessThan(33);
  });
});

describe("a table of keys", () => {
  it("keeps first values and counts of many keys, as a Map does", () => {
    const rng = createRng(1);
    const [firsts, counts] = [createKeyTable(), createKeyTable()];
    const expected = new Map<string, { first: number; count: number }>();
    for (let i = 0; i < 50_000; i++) {
      const [high, low] = [rng.integer(100) * 40_000_000, rng.integer(200) * 20_000_000]; // few different ones
      const known = expected.get(`${high} ${low}`) ?? { first: i, count: 0 };
      expected.set(`${high} ${low}`, { ...known, count: known.count + 1 });
      expect(firsts.first(high, low, i)).toBe(known.first);
      expect(counts.count(high, low)).toBe(known.count + 1);
    }
    expect(counts.size).toBe(expected.size);
    expect(firsts.get(1, 1)).toBeUndefined();
    counts.forEach((high, low, count) => {
      expect(count).toBe(expected.get(`${high} ${low}`)!.count);
    });
  });
});

describe("MinHash", () => {
  /** Two documents of `size` words that share all shingles but those of a tail. */
  function pair(size: number, changed: number, seed: number): [Uint32Array, Uint32Array] {
    const rng = createRng(seed);
    const a = Uint32Array.from({ length: size }, () => rng.integer(2 ** 32));
    const b = a.slice();
    for (let i = size - changed; i < size; i++) b[i] = rng.integer(2 ** 32);
    return [shinglesOf(a), shinglesOf(b)];
  }
  const agreeing = (a: Uint32Array, b: Uint32Array): number =>
    Array.from({ length: bands }, (_, i) => a[2 * i] === b[2 * i] && a[2 * i + 1] === b[2 * i + 1]).filter(Boolean).length;

  // Of 400 shingles, s are shared: s / (800 - s) is the resemblance.
  it.each([0.5, 0.7, 0.8, 0.9])("gives bands that agree with probability s^6 at a resemblance of %f", (wanted) => {
    const changed = 400 - Math.round((800 * wanted) / (1 + wanted));
    let [bandsThatAgree, exact] = [0, 0];
    const pairs = 60;
    for (let seed = 0; seed < pairs; seed++) {
      const [a, b] = pair(402, changed, seed);
      exact = resemblance(shingleSet(a), shingleSet(b));
      bandsThatAgree += agreeing(bandKeys(a), bandKeys(b));
    }
    expect(Math.abs(exact - wanted)).toBeLessThan(0.01);
    const expected = exact ** 6;
    const deviation = Math.sqrt((expected * (1 - expected)) / (pairs * bands));
    expect(Math.abs(bandsThatAgree / (pairs * bands) - expected)).toBeLessThan(4 * deviation);
  });

  it("is defined for texts shorter than a shingle", () => {
    const keys = (words: number[]) => bandKeys(shinglesOf(Uint32Array.from(words)));
    expect(keys([7])).toEqual(keys([7]));
    expect(agreeing(keys([7]), keys([8]))).toBe(0);
    expect(keys([])).toEqual(keys([]));
  });

  it("compares sets: repeats and order of shingles do not count", () => {
    expect(resemblance(shingleSet(Uint32Array.of(3, 1, 3, 2)), shingleSet(Uint32Array.of(2, 4, 1)))).toBe(2 / 4);
    expect(resemblance(new Uint32Array(), new Uint32Array())).toBe(1);
  });
});
