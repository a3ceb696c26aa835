// cria train-tokenizer as a user meets it: every case is a process, and what it leaves behind is read by the library.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadTokenizer } from "../src/tokenizer/load.ts";
import { trainTokenizer } from "../src/tokenizer/training/train-tokenizer.ts";
import { type Home, makeHome, type Outcome, waitFor } from "./run-cli.ts";

let home: Home;
beforeAll(() => {
  home = makeHome();
});
afterAll(() => home[Symbol.dispose]());

const prose = "The cat sat on the mat, and the cat ate the rat that sat there.\nThen the rat's brother cried: 1, 2, 3!\n\n".repeat(20);

/** Writes a file below the home folder. */
function put(name: string, content: string | Uint8Array): string {
  const path = join(home.folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content);
  return name;
}

const train = (...args: string[]): Promise<Outcome> => home.cria(["train-tokenizer", ...args]);

/** What is left besides `name`: no half-written folder may be. */
const leftovers = (name: string): string[] => readdirSync(home.folder).filter((entry) => entry.startsWith(`${name}.`));

describe("cria train-tokenizer", () => {
  it("makes a folder that the library loads", async () => {
    put("prose.txt", prose);
    const { code, stdout, stderr } = await train("prose.txt", "--vocab-size", "280", "--out", "made", "--special", "<|im_end|>");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^made: 280 entries, 21 merges; on these 2\.1 kB, \d\.\d\d bytes a token\n$/);
    expect(readdirSync(join(home.folder, "made")).sort()).toEqual(["tokenizer.gguf", "tokenizer.json", "tokenizer_config.json"]);
    const { tokenizer } = await trainTokenizer([prose], { vocabSize: 280, special: ["<|im_end|>"] });
    for (const path of ["made", "made/tokenizer.gguf"]) {
      const loaded = await loadTokenizer(join(home.folder, path));
      expect(loaded.encode(prose)).toEqual(tokenizer.encode(prose));
      expect([loaded.bosId, loaded.eosId, loaded.endIds]).toEqual([277, 278, new Set([278, 279])]);
    }
  });

  it("tells all as one JSON document", async () => {
    put("prose.txt", prose);
    const { code, stdout, stderr } = await train("prose.txt", "--vocab-size", "310", "--kind", "sentencepiece", "-o", "sp", "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({
      out: "sp",
      files: ["tokenizer.json", "tokenizer_config.json", "tokenizer.gguf", "tokenizer.model"],
      kind: "sentencepiece",
      split: null,
      vocab_size: 310,
      special_tokens: { "<unk>": 0, "<s>": 1, "</s>": 2 },
      bos: 1,
      eos: 2,
      text_bytes: prose.length,
    });
    const model = await loadTokenizer(join(home.folder, "sp/tokenizer.model"));
    const json = await loadTokenizer(join(home.folder, "sp"));
    expect(model.encode(prose)).toEqual(json.encode(prose));
  });

  it("reads folders, patterns, gzip, JSON lines and a pipe alike", async () => {
    const documents = [prose, prose.toUpperCase()];
    put("texts/a.txt", documents[0]);
    put("texts/deeper/b.md.gz", gzipSync(documents[1]));
    put("texts/.hidden/c.txt", "no");
    put("texts/picture.png", Uint8Array.of(0, 1, 2));
    put("lines.jsonl", `${documents.map((body, id) => JSON.stringify({ id, body })).join("\n\n")}\n`);
    put("text.jsonl.gz", gzipSync(documents.map((text) => JSON.stringify({ text })).join("\n")));
    const { tokenizer, tokens } = await trainTokenizer(documents, { vocabSize: 320 });
    const sources: [out: string, args: string[], input?: string][] = [
      ["folder", ["texts"]],
      ["files", ["texts/a.txt", "texts/deeper", "texts/a.txt"]],
      ["pattern", ["texts/**/*.*d*", "tex*/*.txt"]],
      ["field", ["lines.jsonl", "--field", "body"]],
      ["zipped", ["text.jsonl.gz"]],
      ["pipe", ["-", "--field", "body"], readFileSync(join(home.folder, "lines.jsonl"), "utf8")],
    ];
    for (const [out, args, input] of sources) {
      const outcome = await home.cria(["train-tokenizer", ...args, "--vocab-size", "320", "--out", out, "--json"], { input });
      expect(outcome).toMatchObject({ code: 0, stderr: "" });
      const told = JSON.parse(outcome.stdout);
      expect([out, told.tokens]).toEqual([out, tokens]);
      const skipped = out === "folder" ? [{ path: "texts/picture.png", reason: "its name has no known ending" }] : [];
      expect(told.skipped_files).toEqual(skipped);
      expect((await loadTokenizer(join(home.folder, out))).encode(prose)).toEqual(tokenizer.encode(prose));
    }
  });

  it("reads Parquet, and says which files it did not read", async () => {
    const parquet = join(import.meta.dirname, "../src/train/data/readers/fixtures/stories-snappy.parquet");
    put("rows/set.parquet", readFileSync(parquet));
    put("rows/empty.txt", "");
    const { code, stdout } = await train("rows", "--vocab-size", "270", "--out", "rows-tok");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^1 file was not read, such as rows\/empty\.txt: it is empty\nrows-tok: 270 entries/);
  });

  it("takes a text through a pipe", async () => {
    put("prose.txt", prose);
    const args = ["prose.txt", "-", "--vocab-size", "270", "--out", "piped", "--json"];
    const { code, stdout } = await home.cria(["train-tokenizer", ...args], { input: prose });
    expect({ code, bytes: JSON.parse(stdout).text_bytes }).toEqual({ code: 0, bytes: 2 * prose.length });
  });

  it("cuts long files where no word is cut", async () => {
    const text = "One  two\n\n  three's 1234 \u65e5\u672c\u8a9e\r\n\tfour!\n".repeat(700_000); // 35 MB: two documents
    put("long.txt", text);
    const outcome = await train("long.txt", "--vocab-size", "285", "--split", "gpt2", "--out", "long", "--json");
    const { tokens, vocabulary, bytes } = await trainTokenizer([text], { split: "gpt2", vocabSize: 285 });
    expect(JSON.parse(outcome.stdout)).toMatchObject({ tokens, merges: vocabulary.merges.length, text_bytes: bytes });
  });

  it("puts a chat template into the files", async () => {
    put("prose.txt", prose);
    put("template.jinja", "{% for m in messages %}{{ m.content }}{% endfor %}");
    await train("prose.txt", "--vocab-size", "270", "--out", "chatty", "--chat-template", "template.jinja");
    expect(JSON.parse(readFileSync(join(home.folder, "chatty/tokenizer_config.json"), "utf8")).chat_template).toContain("{{ m.content }}");
    expect(readFileSync(join(home.folder, "chatty/tokenizer.gguf"), "latin1")).toContain("{{ m.content }}");
  });

  it("replaces a tokenizer only when told to, and nothing else ever", async () => {
    put("prose.txt", prose);
    const args = ["prose.txt", "--vocab-size", "270", "--out", "twice"];
    expect(await train(...args)).toMatchObject({ code: 0 });
    const before = readFileSync(join(home.folder, "twice/tokenizer.json"), "utf8");
    const again = await train(...args, "--split", "gpt2");
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("twice: is there already: choose another --out, or give --force to replace it");
    expect(readFileSync(join(home.folder, "twice/tokenizer.json"), "utf8")).toBe(before);
    expect(await train(...args, "--split", "gpt2", "--force")).toMatchObject({ code: 0 });
    expect(readFileSync(join(home.folder, "twice/tokenizer.json"), "utf8")).not.toBe(before);

    put("twice/diary.txt", "mine");
    const foreign = await train(...args, "--force");
    expect(foreign.code).toBe(2);
    expect(foreign.stderr).toContain("twice: holds other files, such as diary.txt: choose another --out, or remove it");
    expect(leftovers("twice")).toEqual([]);
  });

  it("stops at Ctrl-C, and leaves nothing", async () => {
    const running = home.start(["train-tokenizer", "-", "--vocab-size", "270", "--out", "stopped"], { input: "open" });
    await waitFor(() => leftovers("stopped").join(), /part/);
    running.process.stdin!.write(prose);
    running.process.kill("SIGINT");
    expect(await running.ended).toEqual({ code: 130, stdout: "", stderr: "cria: interrupted\n" });
    expect(leftovers("stopped")).toEqual([]);
    expect(existsSync(join(home.folder, "stopped"))).toBe(false);
  });
});

describe("a mistake ends in a sentence that helps", () => {
  const cases: [what: string, prepare: () => string[], code: number, sentence: string | RegExp][] = [
    ["no file", () => ["--vocab-size", "300"], 2, "SOURCE is missing"],
    ["a file that is not there", () => ["nowhere.txt"], 2, "nowhere.txt: there is no such file or folder"],
    [
      "a folder without texts",
      () => [put("pictures/a.png", "x").slice(0, 8)],
      2,
      "pictures: holds no file that can be read, expected .txt",
    ],
    ["a binary file", () => [put("binary.dat", Uint8Array.of(1, 0, 2))], 2, "binary.dat: cannot be read: it is binary"],
    [
      "another encoding",
      () => [put("latin1.txt", Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x20))],
      2,
      "latin1.txt: cannot be read: it is not in UTF-8: convert it first",
    ],
    [
      "a character cut off at the end",
      () => [put("cut.txt", Uint8Array.of(0x63, 0xc3))],
      1,
      "cut.txt: byte 1: is not UTF-8 (0xc3): convert the file or",
    ],
    ["empty files", () => [put("empty.txt", "")], 2, "empty.txt: cannot be read: it is empty"],
    [
      "damaged gzip",
      () => [put("cut.txt.gz", gzipSync(prose).subarray(0, 60))],
      1,
      "cut.txt.gz: cannot be unpacked after byte 60: unexpected end of file",
    ],
    ["lines that are no JSON", () => [put("bad.jsonl", '{"text":"a"}\n{"text":')], 1, "bad.jsonl: byte 13: line 2 is not JSON"],
    [
      "lines without the field",
      () => [put("other.jsonl", '{"body":"a"}')],
      1,
      'line 1 has no field "text", but "body": name the one with the text by --field',
    ],
    ["too few entries", () => [put("prose.txt", prose), "--vocab-size", "200"], 2, "200 entries, expected at least 258: 256 bytes and 2"],
    ["too many entries", () => [put("prose.txt", prose), "--vocab-size", "9000"], 2, /pairs for \d+ entries, 9000 were asked for/],
    [
      "half an entry",
      () => [put("prose.txt", prose), "--vocab-size", "300.5"],
      2,
      "--vocab-size is 300.5: expected a whole number from 1 on",
    ],
    [
      "a split for SentencePiece",
      () => [put("prose.txt", prose), "--kind", "sentencepiece", "--split", "gpt2"],
      2,
      "only byte-bpe has one, sentencepiece cuts before spaces",
    ],
    ["an unknown split", () => [put("prose.txt", prose), "--split", "bert"], 2, '--split is "bert": expected llama3 or gpt2'],
    ["a special token that is none", () => [put("prose.txt", prose), "--special", "a"], 2, 'the special token "a" is too plain'],
    ["a file in the folder's place", () => [put("prose.txt", prose), "--out", "prose.txt"], 2, "prose.txt: is a file, expected the name"],
    ["a template that is not there", () => [put("prose.txt", prose), "--chat-template", "no.jinja"], 2, "no.jinja: there is no such file"],
    [
      "a template that does not parse",
      () => [put("prose.txt", prose), "--chat-template", put("bad.jinja", "{% for %}")],
      1,
      "chat template, line 1: expected a name",
    ],
  ];
  it.each(cases)("%s", async (_, prepare, code, sentence) => {
    const args = prepare();
    const outcome = await train(
      ...args,
      ...(args.includes("--vocab-size") ? [] : ["--vocab-size", "270"]),
      ...(args.includes("--out") ? [] : ["--out", "wrong"]),
    );
    expect(outcome).toMatchObject({ code, stdout: "" });
    expect(outcome.stderr).toMatch(sentence);
    expect(outcome.stderr).toMatch(/^cria: /);
    expect(outcome.stderr).not.toContain("\n    at ");
    expect(existsSync(join(home.folder, "wrong"))).toBe(false);
    expect(leftovers("wrong")).toEqual([]);
  });

  it.each([
    ["nothing", "", [], 2, "-: nothing to learn from: there is no text"],
    ["UTF-16", Buffer.from("cat", "utf16le").toString(), [], 1, "stdin: byte 1: is zero: the file is binary, or UTF-16"],
    ["no JSON", '{"text":"a"}\nb', ["--field", "text"], 1, 'stdin: byte 13: line 2 is not JSON: "b"'],
  ])("%s through a pipe", async (_, input, more, code, sentence) => {
    const args = ["train-tokenizer", "-", "--vocab-size", "270", "--out", "wrong", ...more];
    const outcome = await home.cria(args, { input });
    expect(outcome).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(`cria: ${sentence}`) });
    expect(leftovers("wrong")).toEqual([]);
  });

  it("names the flag that is missing", async () => {
    put("prose.txt", prose);
    expect(await train("prose.txt", "--out", "x")).toMatchObject({ code: 2, stderr: expect.stringContaining("--vocab-size is missing") });
    expect(await train("prose.txt", "--vocab-size", "300")).toMatchObject({ code: 2, stderr: expect.stringContaining("--out is missing") });
  });
});
