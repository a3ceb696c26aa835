import { expect, it } from "vitest";
import { createRng } from "../../tensor/rng.ts";
import { WordCache } from "./word-cache.ts";

// Far more words than the cache holds, so that places are taken over and the pools run full several times.
it("gives back what was put, or nothing", () => {
  const cache = new WordCache();
  const rng = createRng(7);
  const idsOf = (word: number): Int32Array => Int32Array.from({ length: word % 7 }, (_, i) => word * 10 + i);
  const bytesOf = (word: number): Uint8Array => new TextEncoder().encode(`${"x".repeat(word % 45)}${word}`);
  let known = 0;
  for (let i = 0; i < 150_000; i++) {
    const word = rng.integer(rng.integer(2) === 0 ? 1000 : 300_000);
    const bytes = bytesOf(word);
    const out: number[] = [-1];
    if (cache.take(bytes, 0, bytes.length, out)) {
      known++;
      if (out.join() !== [-1, ...idsOf(word)].join()) expect(out, `word ${word}`).toEqual([-1, ...idsOf(word)]);
    } else {
      if (out.length !== 1) expect.fail(`word ${word} is unknown and gave ids`);
      cache.put(bytes, 0, bytes.length, idsOf(word), word % 7);
    }
  }
  expect(known).toBeGreaterThan(50_000);
});

it("keeps words of up to 48 bytes", () => {
  const cache = new WordCache();
  const bytes = new Uint8Array(100).fill(0x61);
  const ids = Int32Array.from({ length: 48 }, (_, i) => i);
  cache.put(bytes, 0, 48, ids, 48);
  cache.put(bytes, 0, 49, ids, 48);
  const out: number[] = [];
  expect(cache.take(bytes, 10, 58, out)).toBe(true);
  expect(out).toEqual([...ids]);
  expect(cache.take(bytes, 0, 49, out)).toBe(false);
});
