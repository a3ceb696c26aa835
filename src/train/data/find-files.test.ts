import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findSource } from "./find-files.ts";
import { parseGlob } from "./glob.ts";
import { readDocuments } from "./readers/read-documents.ts";

let folder: string;
const put = (name: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cria-data-"));
  put("mixed/b.txt", "Text B");
  put("mixed/a/deep.md", "# Deep");
  put("mixed/set.jsonl.gz", gzipSync('{"text":"packed"}\n'));
  put("upper/SET.JSONL.GZ", gzipSync('{"text":"packed"}\n'));
  put("mixed/.hidden.txt", "hidden");
  put("mixed/photo.txt", new Uint8Array([0xff, 0xd8, 0, 1]));
  put("mixed/latin.txt", new Uint8Array([0x63, 0x61, 0x66, 0xe9, 0x20]));
  put("mixed/empty.txt", "");
  put("mixed/LICENSE", "licence");
  symlinkSync(join(folder, "mixed"), join(folder, "mixed/loop"));
  put("binary/a.png", new Uint8Array([0x89, 0x50, 0, 0]));
  mkdirSync(join(folder, "nothing"));
  put("wrong/a.jsonl", '{"story":"x"}');
  put("cut.txt.gz", gzipSync("some text ".repeat(1000)).subarray(0, 30));
});
afterAll(() => rmSync(folder, { recursive: true }));

const namesOf = (files: readonly { path: string }[]): string[] => files.map(({ path }) => path.slice(folder.length + 1));

describe("files of a source", () => {
  it("are all texts of a folder in the order of their names; what is none is said", async () => {
    const { files, skipped } = await findSource(`${folder}/mixed/`, "text");
    expect(namesOf(files)).toEqual(["mixed/a/deep.md", "mixed/b.txt", "mixed/set.jsonl.gz"]);
    expect(skipped.map(({ path, reason }) => `${path.slice(folder.length + 1)}: ${reason}`)).toEqual([
      "mixed/LICENSE: its name has no known ending",
      "mixed/empty.txt: it is empty",
      "mixed/latin.txt: it is not in UTF-8: convert it first",
      "mixed/photo.txt: it is binary, or UTF-16: a text in UTF-8 is expected",
    ]);
  });

  it("can be given by a pattern, and then may have any ending", async () => {
    expect(namesOf((await findSource(`${folder}/mixed/**/*.md`, "text")).files)).toEqual(["mixed/a/deep.md"]);
    expect(namesOf((await findSource(`${folder}/m*d/LI??NSE`, "text")).files)).toEqual(["mixed/LICENSE"]);
    const [{ kind }] = (await findSource(`${folder}/mixed/LICENSE`, "text")).files;
    expect(kind).toBe("text");
  });

  it.each([
    ["nowhere", "there is no such file or folder"],
    ["nothing", "holds no file that can be read, expected .txt"],
    ["binary", "1 file was passed over"],
    ["mixed/photo.txt", "cannot be read: it is binary"],
    ["mixed/*.csv", "holds no file that can be read"],
    ["none/*.txt", "there is no such folder"],
    ["wrong", 'has no field "text", but "story"'],
  ])("%s is refused before anything is done", async (name, message) => {
    await expect(findSource(`${folder}/${name}`, "text")).rejects.toThrow(message);
  });

  it("unpack as they are read; a packed file that was cut off is an error", async () => {
    expect(namesOf((await findSource(`${folder}/upper`, "text")).files)).toEqual(["upper/SET.JSONL.GZ"]);
    const [, , packed] = (await findSource(`${folder}/mixed`, "text")).files;
    const documents = [];
    for await (const document of readDocuments(packed, { field: "text", source: "mixed" })) documents.push(document);
    expect(documents).toEqual([{ id: `${folder}/mixed/set.jsonl.gz#1`, text: "packed", source: "mixed" }]);
    await expect(findSource(`${folder}/cut.txt.gz`, "text")).rejects.toThrow(/cut\.txt\.gz: cannot be unpacked after byte 30/);
  });
});

describe("patterns", () => {
  it.each([
    ["*.txt", ".", ["a.txt", "./a.txt"], ["b/a.txt", "a.txt.gz"]],
    ["data/**/x.md", "data", ["data/x.md", "data/a/b/x.md"], ["data/ax.md", "x.md"]],
    ["/data/**", "/data", ["/data/x", "/data/a/b"], ["/other/x"]],
    ["a/b?/(1).txt", "a", ["a/bc/(1).txt"], ["a/b/(1).txt", "a/bcd/(1).txt"]],
  ])("%s looks in %s", (pattern, where, yes, no) => {
    const { folder: start, matches } = parseGlob(pattern);
    expect(start).toBe(where);
    for (const path of yes) expect(matches(path), path).toBe(true);
    for (const path of no) expect(matches(path), path).toBe(false);
  });
});
