import { describe, expect, it } from "vitest";
import { scanWords } from "../words.ts";
import { languageOf } from "./language.ts";
import { longerRuns, repeatedPieces, repeatedRunShare, runsOfOne, topRunShare } from "./repetition.ts";
import { type QualityOptions, qualityFailure, rules } from "./rules.ts";

const prose = `The miller's daughter had never seen the sea, though on clear days one could smell it from the tower of the church. She asked the carter what
it was like. He scratched his beard for a while and answered that it was mostly a noise, and that you heard it long before you came to it, behind
the last hill. That night she lay awake and listened. There was the river, and the wheel, and an owl; and then, between two strokes of the clock,
something that might have been the wind in the barley, or might have been a very large animal turning over in its sleep.`;

const check = (text: string, options: Partial<QualityOptions> = {}) =>
  qualityFailure(text, scanWords(text), { minWords: 50, languages: [], ...options });
const lines = (count: number, line: (i: number) => string): string => Array.from({ length: count }, (_, i) => line(i)).join("\n");
/** Words that look like some, all different. */
const word = (i: number): string =>
  ["ba", "ke", "li", "mo", "nu", "ra", "se", "ti"].flatMap((s, j) => (((i + 9) >> j) & 1 ? [s] : [])).join("") + "x".repeat(1 + (i % 3));

describe("rules of quality", () => {
  it("let prose pass, and verse", () => {
    expect(check(prose)).toBeUndefined();
    expect(check(prose.replaceAll(". ", ".\n"))).toBeUndefined();
  });

  it.each<[string, string, number, string]>([
    ["length", "Too short a text.", 4, "at least 50 words"],
    ["broken characters", prose.replaceAll("the", "\ufffd"), 0.02, "at most 0.001"],
    ["digits", lines(40, (i) => `${word(i)} 19${10 + i} and 4${i}77`), 0.4, "at most 0.2"],
    ["word length", lines(60, (i) => `${word(i)}${word(i + 1)}${word(i + 2)}`), 22, "at most 10"],
    ["word length", lines(60, (i) => `${word(i).slice(0, 2)} it`), 2, "at least 3"],
    ["symbols", prose.replaceAll(" and", " #and #tag ..."), 0.14, "at most 0.1"],
    ["words without letters", prose.replaceAll(" ", " | "), 0.5, "at most 0.2"],
    ["bullets", lines(60, (i) => `- ${word(i)} ${word(2 * i)} ${word(3 * i)} ${word(5 * i)} ${word(7 * i)}`), 1, "at most 0.9"],
    [
      "ellipses",
      lines(60, (i) => `${word(i)} ${word(2 * i)} ${word(3 * i)} ${word(5 * i)} ${word(7 * i)} ${word(11 * i)}${i % 2 ? "..." : ""}`),
      0.5,
      "at most 0.3",
    ],
    ["lorem ipsum", `${prose} Lorem ipsum dolor sit amet.`, 1, "at most 0"],
    ["repeated lines", lines(60, (i) => (i % 2 ? "home" : `${word(i)} ${word(2 * i)} ${word(3 * i)}`)), 0.48, "at most 0.3"],
    [
      "text of repeated lines",
      `${lines(12, (i) => word(i))}\n${prose}\n${lines(4, () => "All rights reserved by somebody, somewhere, for as long as may be.")}`,
      0.22,
      "at most 0.2",
    ],
    ["top run of 2 words", `${prose} ${lines(40, (i) => `very nice ${word(i)}`)}`.replaceAll("\n", " "), 0.3, "at most 0.2"],
    ["repeated runs of 5 words", `${prose} And so on. ${prose.slice(0, 200)}`.replaceAll("\n", " "), 0.25, "at most 0.15"],
  ])("say that %s is wrong", (rule, text, value, limit) => {
    const failure = check(text)!;
    expect(failure).toMatchObject({ rule, limit });
    expect(Math.abs(Number(failure.value) / value - 1)).toBeLessThan(0.6);
  });

  it("let Chinese pass, whose words are single characters to us", () => {
    const chinese = Array.from({ length: 300 }, (_, i) => String.fromCharCode(0x4e00 + ((i * 7919) % 5000))).join("");
    expect(check(chinese)).toBeUndefined();
  });

  it("drop other languages only where one is asked for", () => {
    const german = `Die Tochter des M\u00fcllers hatte das Meer noch nie gesehen, obwohl man es an klaren Tagen vom Kirchturm aus riechen konnte. Sie fragte den
Fuhrmann, wie es sei. Er kratzte sich eine Weile den Bart und antwortete, es sei vor allem ein Ger\u00e4usch, und man h\u00f6re es lange, bevor man hinkomme,
hinter dem letzten H\u00fcgel. In dieser Nacht lag sie wach und lauschte.`;
    expect(languageOf(german)).toBe("deu");
    expect(check(german)).toBeUndefined();
    expect(check(german, { languages: ["deu"] })).toBeUndefined();
    expect(check(german, { languages: ["eng", "fra"] })).toEqual({ rule: "language", value: "deu", limit: "eng or fra" });
    expect(check(prose, { languages: ["eng"] })).toBeUndefined();
  });

  it("stop at runs of five words where those are few: longer ones are fewer", () => {
    const runs = rules.filter(({ name }) => name.startsWith("repeated runs")).map(({ most }) => most);
    expect(runs).toEqual([0.15, 0.14, 0.13, 0.12, 0.11, 0.1]);
    const { hashes, lengths } = scanWords(`${prose} ${prose.slice(0, 200)} ${prose.slice(300, 380)}`);
    let run = runsOfOne(hashes);
    const shares: number[] = [];
    while (run.n < 10) {
      run = longerRuns(run, hashes);
      shares.push(repeatedRunShare(run, lengths));
    }
    expect(shares.at(-1)).toBeGreaterThan(0.2);
    for (const [i, share] of shares.entries()) if (i > 0) expect(share).toBeLessThanOrEqual(shares[i - 1]);
  });
});

describe("repetition", () => {
  it("is measured as counted by hand", () => {
    const { hashes, lengths } = scanWords("aa bbb aa bbb cccc aa bbb");
    const pairs = longerRuns(runsOfOne(hashes), hashes);
    expect(topRunShare(pairs, lengths)).toBeCloseTo(15 / 19); // "aa bbb" three times
    expect(repeatedRunShare(pairs, lengths)).toBeCloseTo(10 / 19); // two of them were there before
    expect(repeatedPieces(["a", "bb", "a", "bb", "bb"])).toEqual({ share: 3 / 5, characters: 5 / 8 });
    expect(repeatedPieces([])).toEqual({ share: 0, characters: 0 });
  });
});
