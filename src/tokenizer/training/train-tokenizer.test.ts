import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { goldenPath, readGolden, sharedPath } from "../../../test/goldens.ts";
import { UsageError } from "../../errors.ts";
import { type TrainTokenizerOptions, trainTokenizer } from "./train-tokenizer.ts";

const reference = sharedPath("data/tokenizers/bpe-train-reference");
const shakespeare = sharedPath("data/tinyshakespeare/input.txt");
const golden = goldenPath("tokenizers/bpe-training");

const gpt2: Pick<TrainTokenizerOptions, "split" | "bos" | "eos"> = { split: "gpt2", bos: "<|endoftext|>", eos: "<|endoftext|>" };
const lines = (path: string): string[] => readFileSync(path, "utf8").trimEnd().split("\n");

describe.skipIf(!reference)("byte-level BPE", () => {
  it("learns the merges that the reference trainer learns, all of them", async () => {
    const { vocabulary } = await trainTokenizer([readFileSync(`${reference}/corpus.en`, "utf8")], { vocabSize: 500, ...gpt2 });
    expect(vocabulary.merges.map((merge) => merge.join(" "))).toEqual(lines(`${reference}/train-bpe-reference-merges.txt`));
    expect(vocabulary.merges).toHaveLength(243);
    const entries = Object.keys(JSON.parse(readFileSync(`${reference}/train-bpe-reference-vocab.json`, "utf8")));
    expect(new Set(vocabulary.pieces)).toEqual(new Set(entries));
  });
});

describe.skipIf(!shakespeare || !golden)("of tinyshakespeare", () => {
  const text = shakespeare ? readFileSync(shakespeare, "utf8") : "";
  const expected = golden && readGolden("tokenizers/bpe-training/expected.json");

  it("byte-level BPE compresses as the tokenizers library's does", async () => {
    const { tokenizer, tokens, bytes } = await trainTokenizer([text], { vocabSize: 1001, ...gpt2 });
    const { bytes_per_token } = expected.bytebpe;
    expect(tokenizer.encode(text)).toHaveLength(tokens);
    expect(bytes).toBe(expected.corpus_bytes);
    expect(bytes / tokens / bytes_per_token).toBeGreaterThan(0.99);
    expect(bytes / tokens / bytes_per_token).toBeLessThan(1.01);
  });

  it("SentencePiece's BPE gives the pieces that sentencepiece gives, in its order", async () => {
    const options = { kind: "sentencepiece", vocabSize: 1000, characterCoverage: 0.9999 } as const;
    const { tokenizer, vocabulary, tokens } = await trainTokenizer([text], options);
    const rows = lines(`${golden}/sentencepiece-bpe.vocab`).map((line) => line.split("\t"));
    expect(vocabulary.pieces).toEqual(rows.map(([piece]) => piece));
    expect(vocabulary.kind === "sentencepiece" && [...vocabulary.scores]).toEqual(rows.map(([, score]) => Number(score) + 0));
    const byLine = text.split("\n").reduce((sum, line) => sum + tokenizer.encode(line).length, 0);
    expect(byLine).toBe(tokens);
    const { bytes_per_token_by_line, tokens_by_line, bytes_per_token_whole_text } = expected.sentencepiece;
    const lineBytes = bytes_per_token_by_line * tokens_by_line;
    expect(lineBytes / byLine / bytes_per_token_by_line).toBeGreaterThan(0.99);
    expect(lineBytes / byLine / bytes_per_token_by_line).toBeLessThan(1.01);
    expect(expected.corpus_bytes / tokenizer.encode(text).length / bytes_per_token_whole_text).toBeGreaterThan(0.99);
  });

  it("SentencePiece's BPE cuts the sample lines as sentencepiece does", async () => {
    const { tokenizer } = await trainTokenizer([text], { kind: "sentencepiece", vocabSize: 1000, characterCoverage: 0.9999 });
    for (const sample of expected.samples) expect(tokenizer.encode(sample.text).map(tokenizer.piece)).toEqual(sample.sentencepiece);
  });
});

const prose = "the cat sat on the mat, the cat ate the rat. ".repeat(4);

describe("special tokens", () => {
  it("take the last ids, BOS and EOS first among them", async () => {
    const { tokenizer, vocabulary } = await trainTokenizer([prose], { vocabSize: 270, special: ["<|im_start|>", "<|im_end|>"] });
    expect(vocabulary.pieces.slice(-4)).toEqual(["<|begin_of_text|>", "<|end_of_text|>", "<|im_start|>", "<|im_end|>"]);
    expect(tokenizer.encode("<|im_start|>the<|im_end|>", { addSpecial: true, parseSpecial: true })).toEqual([
      ...[266, 268],
      ...tokenizer.encode("the"),
      269,
    ]);
    expect([tokenizer.bosId, tokenizer.eosId, tokenizer.endIds]).toEqual([266, 267, new Set([267, 269])]);
  });

  it("stand behind the pieces of SentencePiece, whose BOS and EOS come first", async () => {
    const { tokenizer, vocabulary } = await trainTokenizer([prose], { kind: "sentencepiece", vocabSize: 285, special: ["<|im_end|>"] });
    expect(vocabulary.pieces.slice(0, 4)).toEqual(["<unk>", "<s>", "</s>", "<0x00>"]);
    expect(vocabulary.pieces.at(-1)).toBe("<|im_end|>");
    expect([tokenizer.bosId, tokenizer.eosId, tokenizer.encode("<|im_end|>", { parseSpecial: true })]).toEqual([1, 2, [284]]);
  });

  it.each([
    ["byte-bpe", 261, 264],
    ["sentencepiece", 268, 273],
  ] as const)("are not learned of, nor across: %s", async (kind, vocabSize, vocabSizeWithout) => {
    const text = "ab<|end|>ab<|end|>cd<|end|>cd".repeat(9);
    const spelt = async (options: TrainTokenizerOptions): Promise<string> => {
      const { vocabulary } = await trainTokenizer([text], options);
      return vocabulary.merges.map(([left, right]) => left + right).join();
    };
    expect(await spelt({ kind, vocabSize, special: ["<|end|>"] })).not.toMatch(/[<|>]|end|bc|da/);
    expect(await spelt({ kind, vocabSize: vocabSizeWithout })).toMatch(/[<|>]|end/);
  });
});

describe("any text", () => {
  it.each(["byte-bpe", "sentencepiece"] as const)("comes back as it was: %s", async (kind) => {
    const text = "Ünïcödé \u{1f999}\u{1f999} 日本語 日本語\ttab  two\n\nlines 123 e\u0301";
    const { tokenizer } = await trainTokenizer([text.repeat(3)], { kind, vocabSize: kind === "byte-bpe" ? 280 : 300 });
    for (const each of [text, "unseen: жук \u{1f98a} \u0000 \u200d", "", " ", "\n"]) {
      expect(tokenizer.decode(tokenizer.encode(each))).toBe(each);
    }
  });

  it("gives merges up to the end of a document, and no further", async () => {
    const { vocabulary } = await trainTokenizer(["ab", "ab", "ba", "ba", "ba"], { vocabSize: 260 });
    expect(vocabulary.merges).toEqual([
      ["b", "a"],
      ["a", "b"],
    ]);
  });

  it("may come as a stream, and is the same tokenizer each time", async () => {
    async function* stream(): AsyncGenerator<string> {
      for (const part of [prose, prose.toUpperCase()]) yield part;
    }
    const first = await trainTokenizer(stream(), { vocabSize: 290 });
    const second = await trainTokenizer([prose, prose.toUpperCase()], { vocabSize: 290 });
    expect(first.vocabulary).toEqual(second.vocabulary);
  });

  it("of one character, or none, gives the alphabet", async () => {
    for (const text of ["", "x"]) {
      const { tokenizer, vocabulary } = await trainTokenizer([text], { vocabSize: 258 });
      expect(vocabulary.merges).toEqual([]);
      expect(tokenizer.decode(tokenizer.encode("whatever"))).toBe("whatever");
    }
    expect((await trainTokenizer([], { vocabSize: 258 })).tokens).toBe(0);
    const { vocabulary } = await trainTokenizer(["x"], { kind: "sentencepiece", vocabSize: 261 });
    expect(vocabulary.pieces.slice(-2)).toEqual(["\u2581", "x"]);
  });

  it("has no piece of SentencePiece with a NUL in it", async () => {
    const { vocabulary, tokenizer } = await trainTokenizer(["a\u0000a\u0000a"], { kind: "sentencepiece", vocabSize: 261 });
    expect(vocabulary.pieces.join()).not.toContain("\u0000");
    expect(tokenizer.decode(tokenizer.encode("a\u0000"))).toBe("a\u0000");
  });

  it("turns characters outside of the coverage into bytes", async () => {
    const text = `${"a".repeat(999)}\u00e9`;
    const { vocabulary, tokenizer } = await trainTokenizer([text], { kind: "sentencepiece", vocabSize: 262, characterCoverage: 0.99 });
    expect(vocabulary.pieces).not.toContain("\u00e9");
    expect(tokenizer.encode("\u00e9").map(tokenizer.piece).slice(-2)).toEqual(["<0xC3>", "<0xA9>"]);
  });
});

describe("what cannot be", () => {
  it.each<[what: string, options: TrainTokenizerOptions, message: RegExp]>([
    ["more entries than pairs", { vocabSize: 5000 }, /pairs for \d+ entries, 5000 were asked for: give more text, or ask for \d+ at most/],
    [
      "fewer entries than bytes and special tokens",
      { vocabSize: 257 },
      /257 entries, expected at least 258: 256 bytes and 2 special tokens/,
    ],
    ["fewer entries than characters", { kind: "sentencepiece", vocabSize: 265 }, /265 entries, and \d+ are needed.*\d+ characters cover/s],
    ["far fewer entries", { kind: "sentencepiece", vocabSize: 100 }, /100 entries, expected more than 259/],
    ["half an entry", { vocabSize: 300.5 }, /300\.5 entries, expected a whole number/],
    ["an ordinary letter as a special token", { vocabSize: 300, special: ["x"] }, /"x" is too plain/],
    ["a special token with spaces", { vocabSize: 300, special: ["<a b>"] }, /"<a b>" is too plain/],
    ["a byte of SentencePiece as a special token", { vocabSize: 300, special: ["<0x41>"] }, /"<0x41>" has a meaning/],
    ["an unknown split", { vocabSize: 300, split: "bert" as "gpt2" }, /the split is "bert", expected one of llama3, gpt2, qwen2, smollm/],
    ["a split for SentencePiece", { kind: "sentencepiece", vocabSize: 300, split: "gpt2" }, /only byte-bpe has one/],
    ["a coverage for bytes", { vocabSize: 300, characterCoverage: 0.9 }, /only sentencepiece has one/],
    ["a coverage of nothing", { kind: "sentencepiece", vocabSize: 300, characterCoverage: 0 }, /coverage is 0, expected/],
  ])("%s is refused", async (_, options, message) => {
    const training = trainTokenizer([prose], options);
    await expect(training).rejects.toThrow(UsageError);
    await expect(training).rejects.toThrow(message);
  });

  it("a special token that is spelt as a learned piece is refused", async () => {
    // In the byte alphabet U+0120 is a space.
    await expect(trainTokenizer([prose], { vocabSize: 270, special: ["\u0120the"] })).rejects.toThrow(/also a piece that the text gives/);
  });

  it("the largest vocabulary that a text gives is the one that the message names", async () => {
    const message = await trainTokenizer([prose], { vocabSize: 5000 }).catch((error: Error) => error.message);
    const most = Number(/ask for (\d+) at most/.exec(String(message))![1]);
    expect((await trainTokenizer([prose], { vocabSize: most })).vocabulary.pieces).toHaveLength(most);
  });
});

describe("while it runs, training", () => {
  it("stops when it is aborted", async () => {
    const reason = new Error("enough");
    await expect(trainTokenizer([prose], { vocabSize: 270, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("tells how far it is", async () => {
    const seen: number[][] = [];
    await trainTokenizer([prose], { vocabSize: 270, onProgress: (...progress) => seen.push(progress) });
    expect(seen.at(-1)).toEqual([12, 12]);
  });
});
