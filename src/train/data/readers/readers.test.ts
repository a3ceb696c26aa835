import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { UnsupportedError } from "../../../errors.ts";
import { type Document, maxDocumentBytes } from "../document.ts";
import { decodeText } from "./decode-text.ts";
import { plainMarkdown } from "./plain-markdown.ts";
import { readJsonl } from "./read-jsonl.ts";
import { readLines } from "./read-lines.ts";
import { readParquet } from "./read-parquet.ts";
import { readText } from "./read-text.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** More bytes than a document may have, without ever standing in memory together. */
async function* endless(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let bytes = 0; bytes <= 2 * maxDocumentBytes; bytes += chunk.length) yield chunk;
}

describe("bytes that are not UTF-8", () => {
  it.each([
    [[0x63, 0x61, 0x66, 0xe9, 0x20], "byte 103: is not UTF-8 (0xe9)"],
    [[0x61, 0xc3], "byte 101: is not UTF-8 (0xc3)"],
    [[0xef, 0xbb, 0xbf, 0xef, 0xbf, 0xbd, 0xc3, 0xa9, 0xef, 0xbf, 0xbd, 0xed, 0xa0, 0x80], "byte 111: is not UTF-8 (0xed)"],
    [[0xf0, 0x9f, 0x98, 0x80, 0xff], "byte 104: is not UTF-8 (0xff)"],
  ])("%j are refused with file and byte", (bytes, message) => {
    expect(() => decodeText(Uint8Array.from(bytes), "a.txt", 100)).toThrow(`a.txt: ${message}: convert the file or leave it out`);
  });

  it("are no U+FFFD that stands in a text", () => {
    expect(decodeText(bytesOf("\ufeffa\ufffd"), "a.txt", 0)).toBe("a\ufffd");
  });

  it("are found where they stand, deep in a file too", async () => {
    const deep = Uint8Array.from([...bytesOf("word\n".repeat(100_000)), 0xff]);
    await expect(all(readText(chunks(deep, 2 ** 16), "deep.txt"))).rejects.toThrow("deep.txt: byte 500000: is not UTF-8 (0xff)");
    const lines = readLines(chunks(Uint8Array.from([...bytesOf('{"text":"a"}\n{"text":"'), 0xe9, 0x22, 0x7d]), 4), "a.jsonl");
    await expect(all(readJsonl(lines, "text", "a.jsonl"))).rejects.toThrow("a.jsonl: byte 22: is not UTF-8 (0xe9)");
  });
});

describe("lines", () => {
  it.each([1, 2, 3, 7, 100])("are the same in chunks of %i bytes", async (size) => {
    const text = "first\r\n\nthird caf\u00e9\nlast";
    const lines = await all(readLines(chunks(bytesOf(text), size), "a.jsonl"));
    expect(lines.map(({ bytes }) => new TextDecoder().decode(bytes))).toEqual(["first", "", "third caf\u00e9", "last"]);
    expect(lines.map(({ offset }) => offset)).toEqual([0, 7, 8, 20]);
    expect(lines.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  });

  it("that never end are refused at the limit, with file and byte", async () => {
    async function* input(): AsyncGenerator<Uint8Array> {
      yield bytesOf("{}\n");
      yield* endless(new Uint8Array(2 ** 20).fill(0x20));
    }
    await expect(all(readLines(input(), "big.jsonl"))).rejects.toThrow("big.jsonl: byte 3: line 2 has more than 33554432 bytes");
  });
});

describe("text", () => {
  it("is one document, without its byte order mark", async () => {
    expect(await all(readText(chunks(bytesOf("\ufeffOne.\n\nTwo."), 3), "a.txt"))).toEqual(["One.\n\nTwo."]);
  });

  it("that is longer than a document may be is cut at the last empty line, and nothing is lost", async () => {
    const paragraph = bytesOf(`${"word ".repeat(2 ** 16)}\nsame paragraph\n\n`);
    const pieces = await all(readText(endless(paragraph), "corpus.txt"));
    expect(pieces.length).toBe(3);
    for (const piece of pieces.slice(0, -1)) {
      expect(piece.endsWith("same paragraph\n\n")).toBe(true);
      expect(piece.length).toBeGreaterThan(maxDocumentBytes - paragraph.length);
    }
    const repeats = Math.floor((2 * maxDocumentBytes) / paragraph.length) + 1;
    expect(pieces.reduce((sum, piece) => sum + piece.length, 0)).toBe(repeats * paragraph.length);
  });

  it.each([
    ["an empty line", "One.\n\n", "Two\n\n  three\nfour\n\n\n"],
    ["an empty line of a file from Windows", "One.\r\n\r\n", "Two\r\n\r\n  three\r\n\r\n\t"],
    ["a line break where empty lines stand before indents only", "One.\n", "Two\n\n  three\n\n\u3000four\n"],
    ["any line break where all lines are indented", "\n\tOne.\n\n", "\tTwo"],
  ])("is cut behind %s", async (_, before, behind) => {
    const filler = "a".repeat(maxDocumentBytes - 40);
    const pieces = await all(readText(chunks(bytesOf(`${filler}${before}${behind}${" ".repeat(50)}`), 2 ** 20), "corpus.txt"));
    expect(pieces.map((piece) => piece.replace(filler, "").trimEnd())).toEqual([before.trimEnd(), behind.trimEnd()]);
    expect(pieces[0].endsWith(before)).toBe(true);
  });

  it("with a zero byte is refused", async () => {
    await expect(all(readText(chunks(bytesOf("one\ntwo\0"), 3), "a.txt"))).rejects.toThrow("a.txt: byte 7: is zero: the file is binary");
  });

  it("without a line break for as long is refused with file and byte", async () => {
    await expect(all(readText(endless(new Uint8Array(2 ** 20).fill(0x61)), "blob.txt"))).rejects.toThrow(
      "blob.txt: byte 0: a line of more",
    );
  });
});

describe("JSONL", () => {
  const read = (text: string, field = "text") => all(readJsonl(readLines(chunks(bytesOf(text), 5), "a.jsonl"), field, "a.jsonl"));

  it("gives the field of each object, and passes over empty lines", async () => {
    expect(await read('{"text":"one"}\n\n{"n":1,"text":"caf\\u00e9"}\n')).toEqual([
      { text: "one", number: 1 },
      { text: "caf\u00e9", number: 3 },
    ]);
    expect(await read('{"story":"one"}', "story")).toEqual([{ text: "one", number: 1 }]);
  });

  it.each([
    ['{"text":"one"}\n{"text":', 'a.jsonl: byte 15: line 2 is not JSON: "{\\"text\\":"'],
    ['["one"]', "line 1 is an array, expected an object with a text in a field"],
    ['{"text":7}', 'field "text" holds 7, expected a text'],
    ['{"prompt":"a","story":"b"}', 'has no field "text", but "prompt", "story": name the one with the text by --field'],
    ['{"__proto__":{"text":"a"}}', 'has no field "text", but "__proto__"'],
  ])("refuses %s", async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  it("refuses arrays that are nested a million times", async () => {
    const nested = `${"[".repeat(1e6)}${"]".repeat(1e6)}`;
    const lines = readLines(chunks(bytesOf(`{"text":${nested}}`), 2 ** 16), "a.jsonl");
    await expect(all(readJsonl(lines, "text", "a.jsonl"))).rejects.toThrow('field "text" holds an array, expected a text');
  });
});

// Written by pyarrow 22, two rows a group: ids 1 to 4 and texts, of which the second is null.
describe("Parquet", () => {
  const fixture = (name: string): string => join(dirname(fileURLToPath(import.meta.url)), "fixtures", `stories-${name}.parquet`);
  const texts: Omit<Document, "id" | "source">[] = [
    { text: "The first story is short." },
    { text: "Na\u00efve caf\u00e9 \u65e5\u672c" },
    { text: "The last story is a little longer, for it repeats. ".repeat(4) },
  ];

  it.each(["none", "snappy", "gzip", "brotli"])("packed by %s gives the texts and where they stand", async (codec) => {
    let bytes = 0;
    const found = await all(readParquet(fixture(codec), "text", (count) => (bytes += count)));
    expect(found).toEqual([1, 3, 4].map((number, i) => ({ ...texts[i], number })));
    expect(bytes).toBeGreaterThan(0);
  });

  it("packed by Zstandard is read where Node can, and refused with advice where it cannot", async () => {
    const read = all(readParquet(fixture("zstd"), "text", () => {}));
    if ("zstdDecompressSync" in (await import("node:zlib"))) expect(await read).toHaveLength(3);
    else await expect(read).rejects.toThrow(/Zstandard, which Node unpacks from 22\.15 on/);
  });

  it.each([
    ["lz4", "text", UnsupportedError, "is packed by LZ4"],
    ["none", "story", Error, 'has no field "story", but "id", "text"'],
    ["none", "id", Error, 'column "id" holds INT64, not texts'],
  ])("%s with --field %s is refused", async (name, field, kind, message) => {
    const read = all(readParquet(fixture(name), field, () => {}));
    await expect(read).rejects.toThrow(message);
    await expect(read).rejects.toBeInstanceOf(kind);
  });

  it("with a text that is not UTF-8 is refused with row and byte", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cria-parquet-"));
    const bytes = readFileSync(fixture("none"));
    bytes[bytes.indexOf("last story")] = 0xff;
    writeFileSync(join(folder, "broken.parquet"), bytes);
    const read = all(readParquet(join(folder, "broken.parquet"), "text", () => {}));
    await expect(read).rejects.toThrow("broken.parquet: row 4: byte 4: is not UTF-8 (0xff)");
    rmSync(folder, { recursive: true });
  });

  it("that is something else is refused", async () => {
    await expect(all(readParquet(fileURLToPath(import.meta.url), "text", () => {}))).rejects.toThrow("does not end in PAR1");
  });
});

describe("Markdown", () => {
  it.each([
    ["# A title #hash", "A title #hash"],
    ["##", ""],
    ["* item with *emphasis*, **weight** and ***both***", "item with emphasis, weight and both"],
    ["- [x] done", "done"],
    ["1. first", "1. first"],
    ["> quoted __text__ of snake_case_names", "quoted text of snake_case_names"],
    ["![a picture](cat.png) of [a cat](https://example.org/cat) and [another][2]", "a picture of a cat and another"],
    ["use `npm i` or ``x`y``", "use npm i or ``x`y``"],
    ["\\*not emphasis\\*", "*not emphasis*"],
    ["2 * 3 * 4 < 5", "2 * 3 * 4 < 5"],
    ["| a | b |\n|---|:-:|\n| 1 | 2 |", "a  b\n1  2"],
    ["---\ntitle: x\n---\nText\n\n***\n\nMore", "Text\n\n\nMore"],
    ["Title\n=====\nText <!-- hidden\nstill --> shown", "Title\nText  shown"],
    ["```js\nconst a = *b*;\n```\nafter", "const a = *b*;\nafter"],
    ["[ref]: https://example.org\nprompt<start>story", "prompt<start>story"],
  ])("%j becomes %j", (markdown, plain) => expect(plainMarkdown(markdown)).toBe(plain));
});
