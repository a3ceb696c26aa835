import { Lexer } from "marked";
import { describe, expect, it } from "vitest";
import { type Block, createMarkdownReader, MAX_BLOCK_CHARS, MAX_INLINE_MARKS } from "./markdown-blocks.ts";

const texts: Readonly<Record<string, string>> = {
  "paragraphs and headings": "A line\nand more\n===\n\npara\n#not a heading\n# heading\ntext\n---\n\n***\nend",
  "a list that goes on": "Before:\n- a\n- b\n\n  in b\n\n- c\n\n1. x\n   - y\n\n\n2) z\n\nafter",
  "code with Markdown in it": "```ts\n# no heading\n\n- no list\n```\n\n    indented\n\n    still\n\n~~~\nunclosed\n\n*x*",
  "a table": "| a | b |\n|---|:-:|\n| 1 | 2 |\n| 3 |\n\nx | y\nno table",
  "HTML and quotes": "<div>\n\n*in*\n\n</div>\n<!-- a\n\nb -->\n> quote\nlazy\n> - list\n\n>other",
  "links defined before their use": "[a]: https://example.org\n\ntext\n\n[a] and [b]\n\nmore",
  "Windows line ends": "one\r\n\r\n- two\r\n- three\r\n\r\nfour\r\n",
};

/** What a block says, without its identity. */
const said = (blocks: readonly Block[]): unknown => blocks.map(({ at, token }) => [at, token]);

function wholly(text: string): unknown {
  let at = 0;
  const blocks: Block[] = [];
  for (const token of new Lexer({ gfm: true }).lex(text.replace(/\r\n/g, "\n"))) {
    if (token.type !== "space") blocks.push({ at, token });
    at += token.raw.length;
  }
  return said(blocks);
}

describe("Markdown that arrives", () => {
  it.each(Object.entries(texts))("is read, at each length, as if it had been there: %s", (_, text) => {
    const reader = createMarkdownReader();
    for (let length = 0; length <= text.length; length++) {
      // Half of a line's end is the end of a line until the other half is there.
      if (text[length - 1] === "\r") continue;
      const prefix = text.slice(0, length);
      expect(said(reader.read(prefix)), JSON.stringify(prefix)).toEqual(wholly(prefix));
    }
  });

  it("gives the same blocks again, but for the last", () => {
    const reader = createMarkdownReader();
    const before = reader.read("one\n\ntwo\n\n- three\n");
    const after = reader.read("one\n\ntwo\n\n- three\n- four\n\nfive");
    expect(after.map(({ at }) => at)).toEqual([0, 5, 10, 26]);
    expect(after[0]).toBe(before[0]);
    expect(after[1]).toBe(before[1]);
  });

  it("begins anew with another text", () => {
    const reader = createMarkdownReader();
    reader.read("one\n\ntwo\n\nthree\n");
    expect(said(reader.read("other"))).toEqual(wholly("other"));
  });

  it.each([
    ["long", `- ${"x".repeat(MAX_BLOCK_CHARS)}`],
    ["deep in quotes", `${"> ".repeat(50)}x`],
    ["deep in indented lists", Array.from({ length: 200 }, (_, i) => `${"  ".repeat(i)}- x`).join("\n")],
    ["deep in lists", `x\n\n${"1. ".repeat(5000)}x`],
  ])("is text where it is too %s", (_, text) => {
    expect(
      createMarkdownReader()
        .read(text)
        .map(({ token }) => [token.type, token.raw]),
    ).toEqual([["text", text]]);
  });

  it("leaves a paragraph as it is that has too many marks, and reads those around it", () => {
    const many = "a_".repeat(MAX_INLINE_MARKS + 1);
    const [first, second] = createMarkdownReader()
      .read(`*one*\n\n${many}\n`)
      .map(({ token }) => ("tokens" in token ? token.tokens?.map(({ type }) => type) : []));
    expect([first, second]).toEqual([["em"], ["text"]]);
  });
});
