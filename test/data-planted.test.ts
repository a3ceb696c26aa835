// Near-duplicates planted among real passages: what cria data finds of them, and what it takes for one that is none.
//
// Passages of 25 novels; some get a copy of which a few words in a hundred were replaced, taken out or put in (near-duplicates, with a resemblance of 0.8 or
// more), others one of which more were (no near-duplicates, below it). What a copy is, is told by a plain count of shared runs of three words, made here,
// not by what is tested.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRng, type Rng } from "../src/tensor/rng.ts";
import { prepareData } from "../src/train/data/prepare-data.ts";
import { sharedPath } from "./goldens.ts";

const novels = sharedPath("data/english-novels");

/** A share of the words is replaced, taken out or followed by another; at least one is. */
function edit(text: string, share: number, vocabulary: readonly string[], rng: Rng): string {
  const other = (): string => vocabulary[rng.integer(vocabulary.length)];
  const all = text.split(" ");
  const always = rng.integer(all.length);
  const words = all.flatMap((word, i) => {
    if (i !== always && rng.uniform() >= share) return [word];
    return [[other()], [], [word, other()]][rng.integer(3)];
  });
  return words.join(" ");
}

/** Resemblance by sets of strings. */
function trueResemblance(a: string, b: string): number {
  const runsOf = (text: string): Set<string> => {
    const words = text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
    return new Set(words.slice(2).map((_, i) => words.slice(i, i + 3).join(" ")));
  };
  const [runsA, runsB] = [runsOf(a), runsOf(b)];
  const shared = [...runsA].filter((run) => runsB.has(run)).length;
  return shared / (runsA.size + runsB.size - shared);
}

interface Planted {
  readonly original: string;
  readonly copy: string;
  readonly resemblance: number;
}

/** Passages of some 200 to 500 words, one from every 12,000 characters of each novel. */
function passagesOf(folder: string, rng: Rng): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".txt"))
    .flatMap((name) => {
      const text = readFileSync(join(folder, name), "utf8")
        .replace(/^\ufeff/, "")
        .replace(/\s+/g, " ");
      const starts = Array.from({ length: Math.floor(text.length / 12_000) - 1 }, (_, i) => text.indexOf(" ", i * 12_000) + 1);
      return starts.map((start) => text.slice(start, text.indexOf(" ", start + 1200 + rng.integer(1800))));
    });
}

describe.skipIf(!novels)("near-duplicates planted in real novels", () => {
  let folder: string;
  let passages: string[];
  let planted: Planted[];
  /** Numbers of documents: passages, then copies. */
  let kept: Set<number>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "cria-planted-"));
    const rng = createRng(2026);
    passages = passagesOf(novels!, rng);
    const vocabulary = passages.join(" ").split(" ");
    planted = passages
      .filter((_, i) => i % 2 === 0)
      .map((original, i) => {
        const copy = edit(original, 0.005 + 0.075 * ((i % 40) / 40), vocabulary, rng);
        return { original, copy, resemblance: trueResemblance(original, copy) };
      });
    mkdirSync(join(folder, "in"));
    const lines = [...passages, ...planted.map(({ copy }) => copy)].map((text) => JSON.stringify({ text }));
    writeFileSync(join(folder, "in/passages.jsonl"), lines.join("\n"));
    const options = {
      field: "text",
      minWords: 50,
      languages: [],
      lineRepeats: 6,
      resemblance: 0.8,
      validation: 0,
      seed: 0,
      mixture: undefined,
    };
    await prepareData({ ...options, sources: [join(folder, "in")], out: join(folder, "out"), skip: ["quality", "lines"], workers: 0 });
    const written = readFileSync(join(folder, "out/train-00000.jsonl"), "utf8").trimEnd().split("\n");
    kept = new Set(written.map((line) => Number(JSON.parse(line).id.split("#")[1]) - 1));
  }, 180_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it("are found: recall of 0.95 and precision of 0.98 at least", () => {
    const isDropped = (copy: Planted): boolean => !kept.has(passages.length + planted.indexOf(copy));
    const near = planted.filter(({ resemblance }) => resemblance >= 0.8);
    const far = planted.filter(({ resemblance }) => resemblance < 0.8);
    expect(near.length).toBeGreaterThan(150);
    expect(far.length).toBeGreaterThan(150);
    const found = near.filter(isDropped).length;
    const wrong = far.filter(isDropped).length + passages.filter((_, i) => !kept.has(i)).length;
    console.log(`planted: ${near.length} near-duplicates, ${found} found; ${far.length + passages.length} others, ${wrong} taken for one`);
    expect(found / near.length).toBeGreaterThanOrEqual(0.95);
    expect(found / (found + wrong)).toBeGreaterThanOrEqual(0.98);
  });
});
