import { describe, expect, it } from "vitest";
import { finish } from "../pauses.ts";
import { Spans } from "../split/split.ts";
import { splitSentencePieceWords, withBlanks } from "./sentencepiece-words.ts";

function words(text: string): string[] {
  const bytes = new TextEncoder().encode(withBlanks(text));
  const spans = new Spans();
  finish(splitSentencePieceWords(bytes, 0, bytes.length, spans));
  const found: string[] = [];
  for (let i = 0; i < spans.length; i += 2) found.push(new TextDecoder().decode(bytes.subarray(spans.data[i], spans.data[i + 1])));
  return found;
}

describe("words of SentencePiece", () => {
  it.each<[what: string, text: string, expected: string[]]>([
    ["begin with their space, the first of a line too", "One two", [" One", " two"]],
    ["end with a line", "one\ntwo\r\n\r\nthree\n", [" one", " two", " three"]],
    ["have digits alone", "a12 3", [" a", "1", "2", " ", "3"]],
    ["have full-width digits alone", "a\uff11\uff12", [" a", "\uff11", "\uff12"]],
    ["leave all but the last of several spaces to themselves", "a   b", [" a", "  ", " b"]],
    ["may be spaces at the end of a line", "a  \nb", [" a", "  ", " b"]],
    ["mix no letters with signs", "it's (so)!", [" it", "'", "s", " (", "so", ")!"]],
    ["mix no scripts", "abc\u03b1\u03b2\u0436", [" abc", "\u03b1\u03b2", "\u0436"]],
    ["take Han and both kana as one script", "\u65e5\u306e\u30c6\u30fc", [" \u65e5\u306e\u30c6\u30fc"]],
    ["keep combining marks with their letter", "e\u0301te\u0301", [" e\u0301te\u0301"]],
    ["read U+2581 as a space", "a\u2581b", [" a", " b"]],
    ["are none in an empty text", "", []],
    ["are none in empty lines", "\n\n\r\n", []],
  ])("%s", (_, text, expected) => {
    expect(words(text)).toEqual(expected);
  });
});
