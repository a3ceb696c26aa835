// Which documents are learned from, and which are kept apart.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UsageError } from "../../errors.ts";
import { createGgufTokenizer } from "../../tokenizer/index.ts";
import { ggufTokenizerMetadata } from "../../tokenizer/training/gguf-metadata.ts";
import { trainTokenizer } from "../../tokenizer/training/train-tokenizer.ts";
import { encodeDocument, sideOf, type TrainingDocument, textDocuments } from "./document.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cria-documents-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (name: string, texts: readonly string[]): void =>
  writeFileSync(join(folder, name), name.endsWith(".jsonl") ? texts.map((text) => `${JSON.stringify({ text })}\n`).join("") : texts[0]);

async function sides(validateEvery?: number): Promise<{ train: string[]; val: string[] }> {
  const found = { train: [] as string[], val: [] as string[] };
  for await (const { content, side } of textDocuments([folder], { validateEvery })) found[side].push(content as string);
  return found;
}

describe("documents of texts", () => {
  it("are split where cria data has split them", async () => {
    put("train-00000.jsonl", ["a", "b"]);
    put("val-00000.jsonl", ["c"]);
    expect(await sides()).toEqual({ train: ["a", "b"], val: ["c"] });
  });

  it("are split here where cria data kept nothing apart", async () => {
    put("train-00000.jsonl", ["a", "b", "c"]);
    const { train, val } = await sides();
    expect([train.length, val.length]).toEqual([2, 1]);
  });

  it("are split by their hash, about every so many-th, each on its side whatever stands beside it", async () => {
    const texts = Array.from({ length: 1000 }, (_, i) => `text number ${i}`);
    put("many.jsonl", texts);
    const { train, val } = await sides(10);
    expect(train.length + val.length).toBe(1000);
    expect(val.length).toBeGreaterThan(70);
    expect(val.length).toBeLessThan(130);
    expect(val).toEqual(texts.filter((text) => sideOf(text, 10) === "val"));
    expect(sideOf("abc", 2)).toBe("train"); // its SHA-256 ends in ad: it is odd
  });

  it("give one of a few, and always the same", async () => {
    const texts = ["one", "two", "three", "four"].filter((text) => sideOf(text, 100) === "train");
    put("few.jsonl", texts);
    const { train, val } = await sides();
    expect(val).toHaveLength(1);
    expect(train).toHaveLength(texts.length - 1);
    put("few.jsonl", texts.toReversed());
    expect((await sides()).val).toEqual(val);
  });

  it("give their end when they are long", async () => {
    const book = Array.from({ length: 5000 }, (_, i) => i % 10).join("");
    put("book.txt", [book]);
    expect(await sides(10)).toEqual({ train: [book.slice(0, 4500)], val: [book.slice(4500)] });
  });

  it("must be named", async () => {
    await expect(textDocuments([]).next()).rejects.toThrow(UsageError);
  });
});

describe("tokens of a document", () => {
  const template = "{{ bos_token }}{% for m in messages %}<|m|>{{ m.role }}: {{ m.content }}<|e|>{% endfor %}";
  const encoded = async (content: TrainingDocument["content"]): Promise<string[]> => {
    const { vocabulary } = await trainTokenizer(["hello there"], { vocabSize: 260, special: ["<|m|>", "<|e|>"] });
    const tokenizer = createGgufTokenizer(ggufTokenizerMetadata(vocabulary), "test");
    const ids = await encodeDocument({ content, side: "train" }, tokenizer, template);
    return [tokenizer.decode(ids), String(ids.length)];
  };

  it("stand between the marks that begin and end a text", async () => {
    expect(await encoded("hi")).toEqual(["<|begin_of_text|>hi<|end_of_text|>", "4"]);
  });

  it("are what the template makes of a conversation", async () => {
    const conversation = [
      { role: "user", content: "hi" },
      { role: "assistant", content: "yo" },
    ];
    expect((await encoded(conversation))[0]).toBe("<|begin_of_text|><|m|>user: hi<|e|><|m|>assistant: yo<|e|>");
  });

  it("do not take a mark in somebody's text for one", async () => {
    const [text, length] = await encoded("a<|e|>b");
    expect([text, Number(length)]).toEqual(["<|begin_of_text|>a<|e|>b<|end_of_text|>", 2 + "a<|e|>b".length]);
  });
});
