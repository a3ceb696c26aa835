import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sharedPath } from "../../../../test/goldens.ts";
import { composeCharacters, removeBom, removeControls, trimLines, unifyLineBreaks } from "./characters.ts";
import { removeGutenbergFrame } from "./gutenberg.ts";
import { joinWrapped } from "./join-wrapped.ts";
import { normalise } from "./normalise.ts";

describe("characters", () => {
  it.each<[string, (text: string) => string, string, string]>([
    ["a byte order mark goes, at the beginning only", removeBom, "\ufeffa\ufeff", "a\ufeff"],
    ["every line break becomes \\n", unifyLineBreaks, "a\r\nb\rc\n\rd\u0085e\u2028f\u2029g", "a\nb\nc\n\nd\ne\nf\n\ng"],
    [
      "controls go, tabs and line breaks stay, a form feed breaks a line",
      removeControls,
      "a\0b\tc\nd\x1b[1me\x9bf\x0cg",
      "ab\tc\nd[1mef\ng",
    ],
    [
      "halves of characters go, whole ones and joiners stay",
      removeControls,
      "a\ud800b\u{1f469}\u200d\u{1f680}\ufeff",
      "ab\u{1f469}\u200d\u{1f680}",
    ],
    ["accents join their letters", composeCharacters, "cafe\u0301", "caf\u00e9"],
    ["spaces at ends of lines and empty lines in rows go", trimLines, "\n\n a \t\n\n\n\n\u00a0\nb  \n\n", " a\n\nb"],
  ])("%s", (_, step, before, after) => {
    expect(step(before)).toBe(after);
    expect(step(after)).toBe(step(step(after)));
  });
});

describe("Project Gutenberg's frame", () => {
  const book = "CHAPTER I\n\nIt was a fine day.\n\nIt rained later.";
  it.each([
    [
      "of today",
      `The Project Gutenberg eBook of A Day\n\nTitle: A Day\n\n*** START OF THE PROJECT GUTENBERG EBOOK A DAY ***\n\n\nProduced by Somebody and\nthe Proofreaders\n\n\n${book}\n\n*** END OF THE PROJECT GUTENBERG EBOOK A DAY ***\n\nlicence`,
    ],
    [
      "of 2005",
      `Title\n\n***START OF THIS PROJECT GUTENBERG EBOOK A DAY***\n\nE-text prepared by Somebody\n\n${book}\n\nEnd of the Project Gutenberg EBook of A Day, by Nobody\n\n***END OF THIS PROJECT GUTENBERG EBOOK A DAY***\nlicence`,
    ],
    [
      "of 1998",
      `small print\n*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n\n${book}\n\nEnd of Project Gutenberg's A Day\n`,
    ],
  ])("%s goes, the book stays", (_, text) => expect(removeGutenbergFrame(text).trim()).toBe(book));

  it("is not seen where a book only speaks of it", () => {
    const text = `${book}\n\nThe end of Project Gutenberg is not near, and nothing was produced by chance.`;
    expect(removeGutenbergFrame(text)).toBe(text);
  });
});

/** Breaks a paragraph as editors do. */
function wrap(paragraph: string, width: number): string {
  const lines = [""];
  for (const word of paragraph.split(" ")) {
    if (lines.at(-1) !== "" && lines.at(-1)!.length + 1 + word.length > width) lines.push("");
    lines[lines.length - 1] += (lines.at(-1) === "" ? "" : " ") + word;
  }
  return lines.join("\n");
}

describe("wrapped paragraphs", () => {
  const paragraphs = [
    "The old clock on the landing had stopped at half past four, and nobody in the house could remember when it had last been wound, nor by whom.",
    "Aunt Philippa said it was the damp. She said so of most things: of the piano, of the cat, and of the long silence of her brother in Canada.",
    "In the end a man came from the village with a leather bag, took the clock to pieces upon the carpet, and found a wedding ring among the wheels.",
    "It belonged to no one whom they knew; and yet every woman in the house tried it on, one after the other, before supper, and it fitted them all.",
  ];
  const verse = "O wind upon the hill,\nO rain upon the sea,\nBe still, be still, be still,\nAnd bring him home to me.";

  const many = [...paragraphs, ...paragraphs, ...paragraphs];
  const wrapped = (width: number): string[] => many.map((paragraph) => wrap(paragraph, width));

  it.each([60, 72, 80])("of %i characters become one line each", (width) => {
    expect(joinWrapped(wrapped(width).join("\n\n"))).toBe(many.join("\n\n"));
  });

  // At a width of 72 two of them end on a full line, and nothing tells.
  it.each([60, 80])("of %i characters become one line each without empty lines between them", (width) => {
    expect(joinWrapped(wrapped(width).join("\n"))).toBe(many.join("\n"));
  });

  it("keep verse and titles beside them as they are", () => {
    const text = (width?: number) =>
      ["CHAPTER I\nTHE CLOCK", ...paragraphs.slice(0, 2), verse, ...paragraphs.slice(2)]
        .map((part) => (width && paragraphs.includes(part) ? wrap(part, width) : part))
        .join("\n\n");
    expect(joinWrapped(text(70))).toBe(text());
  });

  it("keep a hyphen at the end of a line, and dashes without spaces", () => {
    const odd = `${"x".repeat(60)} well-\nknown to all\n\n${"y".repeat(60)} and then--\nsilence`;
    expect(joinWrapped([...wrapped(70), odd].join("\n\n"))).toContain("well-known to all");
    expect(joinWrapped([...wrapped(70), odd].join("\n\n"))).toContain("then--silence");
  });

  it.each([
    ["verse", Array.from({ length: 12 }, () => verse).join("\n\n")],
    ["paragraphs on long lines", paragraphs.join("\n")],
    ["code", Array.from({ length: 12 }, (_, i) => `  const value${i} = compute(${"argument, ".repeat(i % 5)}${i});`).join("\n")],
    ["a sentence a line", Array.from({ length: 20 }, (_, i) => `${paragraphs[i % 4].slice(0, 85 + (i % 9))}.`).join("\n")],
    ["a list", Array.from({ length: 20 }, (_, i) => `${"item ".repeat(1 + ((i * 7) % 13))}${i}`).join("\n")],
    ["few lines", wrap(paragraphs[0], 70)],
  ])("are not seen in %s", (_, text) => expect(joinWrapped(text)).toBe(text));
});

describe.skipIf(!sharedPath("data/english-novels"))("25 real novels", () => {
  const folder = sharedPath("data/english-novels")!;
  const novels = folder === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith(".txt"));
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");

  it.each(novels)("%s comes out in paragraphs, with all its words", (name) => {
    const text = normalise(read(name), true);
    expect(text).not.toMatch(/[\r\ufeff\0]/);
    // Hyphens at ends of lines join two halves of a word, so letters are counted.
    expect(text.match(/\p{L}/gu)!.length).toBe(read(name).normalize("NFC").match(/\p{L}/gu)!.length);
    const lines = text.split("\n").filter((line) => line !== "");
    expect(text.length / lines.length).toBeGreaterThan(130);
    const broken = lines.filter((line) => /^\p{Ll}/u.test(line)).length / lines.length;
    if (text !== normalise(read(name), false)) expect(broken).toBeLessThan(0.05);
    expect(normalise(text, true)).toBe(text);
  });

  it.skipIf(!novels.includes("Chesterton_Thursday_1908.txt"))("keep their verse", () => {
    expect(normalise(read("Chesterton_Thursday_1908.txt"), true)).toContain(
      "\n Some giants laboured in that cloud to lift it from the world.\n I find again the book we found, I feel the hour that flings\n",
    );
  });
});
