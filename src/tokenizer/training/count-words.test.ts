import { describe, expect, it } from "vitest";
import { finish } from "../pauses.ts";
import { Spans, type Split } from "../split/split.ts";
import { BREATH, countWords } from "./count-words.ts";
import { splitNamed, splitNames } from "./named-splits.ts";
import { splitSentencePieceWords, withBlanks } from "./sentencepiece-words.ts";
import { WordCounts } from "./word-counts.ts";

const asIs = (text: string): string => text;
const splits: [name: string, split: Split, prepare: (text: string) => string][] = [
  ...splitNames.map((name): [string, Split, (text: string) => string] => [name, splitNamed(name), asIs]),
  ["sentencepiece", splitSentencePieceWords, withBlanks],
];

/** All breaks and blanks that words may take with them, before and behind the places where a long text may be cut. */
const lines = [
  "One  two\n\n",
  "  three's 1234 \u65e5\u672c\u8a9e\r\n",
  "\tfour!\n",
  "five.\n\n",
  "Six ...\r\n\r\n",
  "seven\n",
  "\u2581eight\n",
  "9 \n",
];
const text = lines.flatMap((a) => lines.map((b) => a + b)).join("");

function wordsOf(words: WordCounts): Map<string, number> {
  const found = new Map<string, number>();
  for (let i = 0; i < words.size; i++) {
    found.set(Buffer.from(words.keys.subarray(words.starts[i], words.starts[i + 1])).toString(), words.counts[i]);
  }
  return found;
}

describe("the words of a text of many parts", () => {
  it.each(splits)("are those of the whole: %s", async (_, split, prepare) => {
    const long = text.repeat(Math.ceil(2 ** 22 / text.length) + 1);
    const { words } = await countWords([long], split, [], prepare);
    const bytes = new TextEncoder().encode(prepare(long));
    const spans = new Spans();
    finish(split(bytes, 0, bytes.length, spans));
    const whole = new WordCounts();
    for (let i = 0; i < spans.length; i += 2) whole.add(bytes, spans.data[i], spans.data[i + 1]);
    expect(wordsOf(words)).toEqual(wordsOf(whole));
  });

  it("are counted no further after a signal, in the midst of a document too", async () => {
    const controller = new AbortController();
    let parts = 0;
    const slow: Split = function* () {
      yield;
      parts++;
      controller.abort(new Error("enough"));
      for (const end = performance.now() + 2 * BREATH; performance.now() < end; );
    };
    await expect(countWords([text.repeat(4000)], slow, [], asIs, controller.signal)).rejects.toThrow("enough");
    expect(parts).toBe(1);
  });
});
