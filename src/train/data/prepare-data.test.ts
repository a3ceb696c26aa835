// The whole way, from files to shards, in this thread (threads need the built library: test/cli-data.test.ts).
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRng } from "../../tensor/rng.ts";
import { type DataOptions, prepareData } from "./prepare-data.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cria-data-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const vocabulary = Array.from(
  { length: 2000 },
  (_, i) => `${["ba", "te", "ri", "lo", "nu"][i % 5]}${(i * 7919).toString(36).replace(/\d/g, (digit) => "abcdefghij"[Number(digit)])}`,
);

/** Sentences of invented words; the same seed, the same story. */
function story(seed: number, words = 120): string {
  const rng = createRng(seed);
  const text = Array.from({ length: words }, (_, i) => vocabulary[rng.integer(vocabulary.length)] + (i % 12 === 11 ? ".\n" : ""));
  return text.join(" ").replaceAll("\n ", "\n").trim();
}

function put(name: string, content: string): void {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), content);
}

const prepare = (sources: string[], more: Partial<DataOptions> = {}) =>
  prepareData({
    sources: sources.map((name) => join(folder, name)),
    out: join(folder, "out"),
    ...{
      field: "text",
      minWords: 50,
      languages: [],
      skip: [],
      lineRepeats: 6,
      resemblance: 0.8,
      validation: 0.1,
      seed: 0,
      mixture: undefined,
    },
    workers: 0,
    ...more,
  });

interface Written {
  id: string;
  source: string;
  text: string;
}

function written(side: "train" | "val", out = "out"): Written[] {
  const shards = readdirSync(join(folder, out)).filter((name) => name.startsWith(side));
  return shards.flatMap((name) =>
    readFileSync(join(folder, out, name), "utf8")
      .trimEnd()
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  );
}

const jsonl = (texts: readonly string[]): string => texts.map((text) => `${JSON.stringify({ text })}\n`).join("");

describe("preparing data", () => {
  it("keeps what is good once, says why all else went, and loses nothing between", async () => {
    const good = Array.from({ length: 40 }, (_, i) => story(i));
    const edited = good[3].replace(/\S+/, "another");
    put("in/a.jsonl", jsonl([...good, good[0], `${good[1]} \r\n\r\n`, edited, "too short", "", `${"the same words again ".repeat(40)}`]));
    put("in/b.txt", story(100));
    put("in/c.png", "\0");
    const report = await prepare(["in"]);

    expect(report.steps.map(({ step, documents }) => [step, documents])).toEqual([
      ["read", 47],
      ["normalised", 47],
      ["passed the rules", 44],
      ["without copies", 42],
      ["without near-copies", 41],
      ["without frequent lines", 41],
    ]);
    const { length, empty, ...others } = report.dropped;
    expect(length.examples).toEqual([
      { id: expect.stringMatching(/a\.jsonl#44$/), rule: "length", value: 2, limit: "at least 50 words", excerpt: "too short" },
    ]);
    expect(empty.documents).toBe(1);
    expect(Object.values(others).map(({ documents }) => documents)).toEqual([1]);
    expect(report.copies.examples.map(({ id, of }) => [id.split("#")[1], of.split("#")[1]])).toEqual([
      ["41", "1"],
      ["42", "2"],
    ]);
    expect(report.near.examples).toMatchObject([{ id: expect.stringMatching(/#43$/), of: expect.stringMatching(/#4$/) }]);
    expect(report.near.examples[0].resemblance).toBeGreaterThan(0.95);
    expect(report.skippedFiles).toEqual([{ path: join(folder, "in/c.png"), reason: "its name has no known ending" }]);

    const texts = [...written("train"), ...written("val")].map(({ text }) => text);
    expect(texts.sort()).toEqual([...good, story(100)].sort());
    expect(report.train.documents + report.val.documents).toBe(41);
    expect(readdirSync(join(folder, "out")).sort()).toEqual(["report.html", "report.json", "train-00000.jsonl", "val-00000.jsonl"]);
  });

  it("removes lines that stand in more than six places, and what is left of a document counts", async () => {
    const notice = "This site uses biscuits.";
    const others = (i: number) => story(i, 60);
    put("in/a.jsonl", jsonl(Array.from({ length: 7 }, (_, i) => `${notice}\n${others(i)}\n ${notice.toUpperCase()} `)));
    put("in/b.jsonl", jsonl([`${Array.from({ length: 6 }, () => "Said six times.").join("\n")}\n${story(50, 200)}`]));
    const report = await prepare(["in"], { validation: 0 });
    expect(report.lines).toMatchObject({ different: 1, removed: 14, documents: 7, emptied: 0, examples: [notice, notice.toUpperCase()] });
    const texts = written("train").map(({ text }) => text);
    expect(texts.filter((text) => /biscuits/i.test(text))).toEqual([]);
    expect(texts.filter((text) => text.includes("Said six times.")).length).toBe(1);
    expect(texts).toContain(others(3));
  });

  it("puts a document on the same side whatever stands beside it", async () => {
    const all = Array.from({ length: 60 }, (_, i) => story(i));
    put("all/a.jsonl", jsonl(all));
    put("half/a.jsonl", jsonl(all.slice(20, 50).reverse()));
    await prepare(["all"], { validation: 0.3 });
    await prepare(["half"], { validation: 0.3, out: join(folder, "out2"), seed: 5 });
    const kept = written("val").map(({ text }) => text);
    expect(kept.length).toBeGreaterThan(5);
    expect(
      written("val", "out2")
        .map(({ text }) => text)
        .sort(),
    ).toEqual(kept.filter((text) => all.slice(20, 50).includes(text)).sort());
  });

  it("mixes sources by their weights, the last epoch in part", async () => {
    put("web/a.jsonl", jsonl(Array.from({ length: 60 }, (_, i) => story(i))));
    put("books/a.jsonl", jsonl(Array.from({ length: 20 }, (_, i) => story(1000 + i))));
    const report = await prepare(["web", "books"], { validation: 0, mixture: { kind: "weights", values: [1, 1] } });
    const [web, books] = report.sources;
    expect(web.epochs).toBeCloseTo(0.66, 1);
    expect(books.epochs).toBeCloseTo(2, 1);
    expect(books.share).toBeCloseTo(0.5, 1);
    const fromBooks = written("train").filter(({ source }) => source.endsWith("books")).length;
    expect(Math.abs(fromBooks - 20 * books.epochs)).toBeLessThan(1);
  });

  it("stops at the signal, goes on where it was, and gives what it would have given", async () => {
    const texts = Array.from({ length: 1400 }, (_, i) => story(i, 2000)); // more than one part of 16 MiB
    put("in/a.jsonl", jsonl(texts.slice(0, 700)));
    put("in/b.jsonl", jsonl(texts.slice(700)));
    const whole = await prepare(["in"], { out: join(folder, "whole"), skip: ["quality", "near"] });

    const controller = new AbortController();
    const stopped = prepare(["in"], {
      skip: ["quality", "near"],
      signal: controller.signal,
      onProgress: ({ phase, done, total }) => {
        if (phase === "clean" && done > 0.9 * total) controller.abort(new Error("enough"));
      },
    });
    await expect(stopped).rejects.toThrow("enough");
    const parts = readdirSync(join(folder, "out/.work")).filter((name) => /^part-.*\.json$/.test(name));
    expect(parts.length).toBeGreaterThan(0);
    const before = statSync(join(folder, "out/.work", parts[0])).mtimeMs;
    let first: number | undefined;
    const again = prepare(["in"], {
      skip: ["quality", "near"],
      onProgress: ({ phase, done, total }) => {
        if (phase === "compare" && first === undefined) expect(statSync(join(folder, "out/.work", parts[0])).mtimeMs).toBe(before);
        first ??= done / total;
      },
    });
    expect(await again).toEqual(whole);
    expect(written("train")).toEqual(written("train", "whole"));
    expect(await prepare(["in"], { skip: ["quality", "near"] })).toEqual(whole); // finished already
  });

  it.each<[string, string[], Partial<DataOptions>, string]>([
    ["weights for other sources", ["in"], { mixture: { kind: "weights", values: [1, 2] } }, "--weights has 2 values for 1 SOURCES"],
    ["a folder inside of what is read", ["in"], { out: "in/out" }, "lies in"],
    ["nothing to read", ["empty"], {}, "holds no file that can be read"],
    ["a folder with other things", ["in"], { out: "other" }, "holds other files, such as thing.txt"],
    ["a file in place of a folder", ["in"], { out: "other/thing.txt" }, "a file stands where a folder is needed"],
  ])("refuses %s before it begins", async (_, sources, options, message) => {
    put("in/a.txt", story(1));
    put("other/thing.txt", "x");
    mkdirSync(join(folder, "empty"));
    const out = join(folder, options.out ?? "out");
    await expect(prepare(sources, { ...options, out })).rejects.toThrow(message);
  });

  it("refuses a folder that was made with other settings", async () => {
    put("in/a.txt", story(1));
    await prepare(["in"]);
    await expect(prepare(["in"], { minWords: 60 })).rejects.toThrow("holds what was made of other sources, or with other settings");
  });

  it("writes a page that asks for nothing and shows text by strangers as text", async () => {
    put("in/a.jsonl", jsonl([story(1), "<script>alert(1)</script>", story(2)]));
    await prepare(["in"]);
    const page = readFileSync(join(folder, "out/report.html"), "utf8");
    expect(page).toContain("&#60;script&#62;alert(1)");
    expect(page).not.toMatch(/<script|https?:|src=|@import/);
    expect(page.match(/<svg/g)!.length).toBeGreaterThanOrEqual(2);
    expect(page.length).toBeLessThan(20_000);
  });
});
