// Tables with room for few keys: the columns are read again and again, and the result is that of one large table.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRng } from "../../../tensor/rng.ts";
import { cleanBatch } from "../clean.ts";
import { openParts, type PartReader, readParts, writePart } from "../parts.ts";
import { fates, findDuplicates } from "./find-duplicates.ts";
import { findFrequentLines } from "./frequent-lines.ts";

const documents = 240;
let folder: string;
let reader: PartReader;

/** Every fourth document is a copy of an earlier one, every seventh nearly; every third has a line that others have. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "cria-slices-"));
  const rng = createRng(5);
  const texts: string[] = [];
  for (let i = 0; i < documents; i++) {
    const earlier = texts[Math.floor(i / 2)];
    const words = Array.from({ length: 80 }, () => `w${rng.integer(500)}`).join(" ");
    if (i > 8 && i % 4 === 0) texts.push(earlier);
    else if (i > 8 && i % 7 === 0) texts.push(`${earlier} more`);
    else texts.push(i % 3 === 0 ? `${words}\nThe notice of ${i % 2}.` : words);
  }
  const options = { unwrap: false, quality: false, near: true, minWords: 1, languages: [] };
  for (let part = 0; part < 3; part++) {
    const own = texts.slice(part * 80, (part + 1) * 80).map((text, i) => ({ id: `#${part * 80 + i}`, text, source: 0 }));
    const batches = [own.slice(0, 30), own.slice(30)].map((some) => cleanBatch({ documents: some, sources: ["s"] }, options));
    await writePart(folder, part, batches, { file: 0, documents: (part + 1) * 80 });
  }
  reader = await openParts(folder, await readParts(folder));
});
afterAll(async () => {
  await reader.close();
  rmSync(folder, { recursive: true });
});

describe("in tables of few keys", () => {
  it.each([1, 7, 100])("%i: the same documents are copies, and nearly", async (maxKeys) => {
    const whole = await findDuplicates(reader, { threshold: 0.8 });
    const sliced = await findDuplicates(reader, { threshold: 0.8, maxKeys });
    expect(sliced.fate).toEqual(whole.fate);
    const count = (fate: number): number => whole.fate.filter((other) => other === fate).length;
    expect(count(fates.copy)).toBeGreaterThan(40);
    expect(count(fates.near)).toBeGreaterThan(15);
    expect(sliced.near.every(({ resemblance }) => resemblance >= 0.8)).toBe(true);
  });

  it.each([1, 7, 100])("%i: the same lines are frequent", async (maxKeys) => {
    const fate = new Uint8Array(documents);
    const whole = await findFrequentLines(reader, fate, 6);
    const sliced = await findFrequentLines(reader, fate, 6, undefined, maxKeys);
    expect(sliced.size).toBe(whole.size);
    expect(whole.size).toBeGreaterThanOrEqual(2);
    for (let i = 0; i < documents; i++) expect(sliced.stand(i)).toBe(whole.stand(i));
    expect(sliced.remove("Some text.\nthe NOTICE of 1. \nmore")).toEqual({ text: "Some text.\nmore", removed: ["the NOTICE of 1. "] });
  });
});
