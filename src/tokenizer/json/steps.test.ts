import { describe, expect, it } from "vitest";
import { FormatError, UnsupportedError } from "../../errors.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { parseTokenizerJson } from "./tokenizer-json.ts";

const blank = "\u2581";

/** A file with one piece for each letter and a few merges, changed by what a test is about. */
function file(changes: Record<string, unknown> = {}, model: Record<string, unknown> = {}): string {
  const pieces = ["<unk>", blank, ..."abcdefgh", "ab", `${blank}a`, `${blank}ab`];
  return JSON.stringify({
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    model: {
      type: "BPE",
      unk_token: "<unk>",
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
      merges: ["a b", `${blank} a`, `${blank}a b`],
      ...model,
    },
    ...changes,
  });
}

const pieces = (tokenizer: Tokenizer, text: string): string =>
  tokenizer
    .encode(text)
    .map((id) => tokenizer.piece(id))
    .join(" ");

describe("the steps of a tokenizer.json", () => {
  const metaspace = (rest: object) =>
    file({
      pre_tokenizer: { type: "Metaspace", replacement: blank, ...rest },
      decoder: { type: "Metaspace", replacement: blank, ...rest },
    });

  it("Metaspace puts a blank before every text, the first text or none", () => {
    const added = [{ id: 20, content: "<x>", special: true }];
    const encode = (rest: object): string => {
      const tokenizer = parseTokenizerJson(JSON.stringify({ ...JSON.parse(metaspace(rest)), added_tokens: added }));
      return tokenizer
        .encode("ab a<x>ab", { parseSpecial: true })
        .map((id) => tokenizer.piece(id))
        .join(" ");
    };
    expect(encode({ prepend_scheme: "always" })).toBe(`${blank} ab ${blank}a <x> ${blank} ab`);
    expect(encode({ prepend_scheme: "first" })).toBe(`${blank} ab ${blank}a <x> ab`);
    expect(encode({ prepend_scheme: "never" })).toBe(`ab ${blank}a <x> ab`);
    expect(encode({ add_prefix_space: false })).toBe(`ab ${blank}a <x> ab`);
  });

  it("Metaspace's prefix is taken away again by decoding", () => {
    const tokenizer = parseTokenizerJson(metaspace({ prepend_scheme: "always" }));
    expect(tokenizer.decode(tokenizer.encode("ab a  b"))).toBe("ab a  b");
    expect(tokenizer.decode(tokenizer.encode("a"), { continues: true })).toBe(" a");
  });

  it("unknown characters are one token, each or fused, or bytes", () => {
    expect(pieces(parseTokenizerJson(file()), "axxb")).toBe("a <unk> <unk> b");
    expect(pieces(parseTokenizerJson(file({}, { fuse_unk: true })), "axxb")).toBe("a <unk> b");
    expect(pieces(parseTokenizerJson(file({}, { unk_token: null })), "axxb")).toBe("ab");
    const vocab = Object.fromEntries(
      Array.from({ length: 256 }, (_, byte) => [`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`, byte]),
    );
    const bytes = parseTokenizerJson(
      file({ decoder: { type: "ByteFallback" } }, { vocab, unk_token: null, merges: [], byte_fallback: true }),
    );
    expect(bytes.encode("x\u{1f600}")).toEqual([0x78, 0xf0, 0x9f, 0x98, 0x80]);
    expect(bytes.decode([0x78, 0xf0, 0x9f, 0x98, 0x80])).toBe("x\u{1f600}");
  });

  it.each([
    ["Isolated", false, "a|,|,|b|,"],
    ["Removed", false, "a|b"],
    ["Removed", true, ",|,|,"],
    ["MergedWithPrevious", false, "a,|,|b,"],
    ["MergedWithNext", false, "a|,|,b|,"],
    ["Contiguous", false, "a|,,|b|,"],
  ])("Split %s, inverted %s", (behavior, invert, expected) => {
    // Whole words are pieces here, so that the pieces show where the text was cut.
    const words = ["a", ",", "b", ",,", "a,", "b,", ",b"];
    const split = { type: "Split", pattern: { String: "," }, behavior, invert };
    const tokenizer = parseTokenizerJson(
      file(
        { pre_tokenizer: split },
        { vocab: Object.fromEntries(words.map((word, id) => [word, id])), merges: [], ignore_merges: true, unk_token: null },
      ),
    );
    expect(
      tokenizer
        .encode("a,,b,")
        .map((id) => tokenizer.piece(id))
        .join("|"),
    ).toBe(expected);
  });

  it("normalizers run in order, patterns included", () => {
    const normalizer = {
      type: "Sequence",
      normalizers: [
        { type: "NFKC" },
        { type: "Lowercase" },
        { type: "Strip", strip_left: true, strip_right: true },
        { type: "Replace", pattern: { Regex: "[0-9]+" }, content: "a" },
        { type: "Replace", pattern: { String: "c" }, content: "" },
        { type: "Prepend", prepend: "h" },
      ],
    };
    expect(pieces(parseTokenizerJson(file({ normalizer })), "\u0085\uff22C123d  ")).toBe("h b a d");
  });

  it("templates of BERT and RoBERTa frame a text", () => {
    const tokenizer = parseTokenizerJson(file({ post_processor: { type: "RobertaProcessing", cls: ["a", 2], sep: ["b", 3] } }));
    expect(tokenizer.encode("c", { addSpecial: true })).toEqual([2, 4, 3]);
  });

  it("added tokens that are not special are found in any text, with their white space", () => {
    const tokenizer = parseTokenizerJson(file({ added_tokens: [{ id: 30, content: "a b", special: false, lstrip: true, rstrip: true }] }));
    expect(tokenizer.encode("c  a b d")).toEqual([4, 30, 5]);
    expect(tokenizer.vocabSize).toBe(31);
  });

  it("BOS and EOS come from tokenizer_config.json in both its spellings", () => {
    const added_tokens = ["<s>", "</s>"].map((content, i) => ({ id: 40 + i, content, special: true }));
    const config = JSON.stringify({ bos_token: { content: "<s>", lstrip: false }, eos_token: "</s>" });
    expect(parseTokenizerJson(file({ added_tokens }), { config })).toMatchObject({ bosId: 40, eosId: 41 });
    expect(parseTokenizerJson(file({ added_tokens }))).toMatchObject({ bosId: 40, eosId: 41 });
    expect(parseTokenizerJson(file({ added_tokens }), { config: "{}" })).toMatchObject({ bosId: undefined, eosId: undefined });
  });
});

describe("a tokenizer.json by strangers", () => {
  const nested = `${'{"type":"Sequence","normalizers":['.repeat(100_000)}${"]}".repeat(100_000)}`;
  const deep = (json: string): string => json.replace('"deep"', nested);
  const wide = { type: "Sequence", normalizers: Array.from({ length: 5000 }, () => ({ type: "NFC" })) };

  it.each([
    ["no JSON", "{", "not JSON"],
    ["no object", "3", "expected an object"],
    ["an array", "[]", "expected an object"],
    ["no model", "{}", "model"],
    ["vocab of another type", file({}, { vocab: ["a"] }), "vocab"],
    ["an empty vocab", file({}, { vocab: {} }), "vocab"],
    ["a negative id", file({}, { vocab: { a: -1 } }), 'vocab["a"]'],
    ["half an id", file({}, { vocab: { a: 0.5 } }), 'vocab["a"]'],
    ["a giant id", file({}, { vocab: { a: 2 ** 31 } }), "2097151"],
    ["an id as text", file({}, { vocab: { a: "0" } }), 'vocab["a"]'],
    ["one id twice", file({}, { vocab: { a: 0, b: 0 } }), "id 0"],
    ["merges of another type", file({}, { merges: "a b" }), "merges"],
    ["a merge of unknown pieces", file({}, { merges: ["a z"] }), '"z"'],
    ["a merge to an unknown piece", file({}, { merges: ["b a"] }), '"ba"'],
    ["an unknown token that is unknown", file({}, { unk_token: "<nope>" }), "<nope>"],
    ["a flag that is none", file({}, { byte_fallback: "yes" }), "byte_fallback"],
    ["added tokens without id", file({ added_tokens: [{ content: "x" }] }), "added_tokens[0].id"],
    ["added tokens with a giant id", file({ added_tokens: [{ content: "x", id: 1e15 }] }), "added_tokens[0].id"],
    ["added tokens that are text", file({ added_tokens: ["x"] }), "added_tokens[0]"],
    ["a step that is text", file({ normalizer: "NFC" }), "normalizer"],
    ["a step without type", file({ pre_tokenizer: {} }), "pre_tokenizer.type"],
    ["a Sequence without parts", file({ decoder: { type: "Sequence" } }), "decoders"],
    ["endless nesting", deep(file({ normalizer: "deep" })), "Sequence inside"],
    ["endless nesting where text belongs", deep(file({}, { unk_token: "deep" })), "an object"],
    ["an endless merge", deep(file({}, { merges: ["a b", "deep"] })), "merge 1 is an object"],
    ["endless steps", file({ normalizer: wide }), "more than 200"],
    [
      "a template that adds what it does not define",
      file({ post_processor: { type: "TemplateProcessing", single: [{ SpecialToken: { id: "x" } }], special_tokens: {} } }),
      "x",
    ],
    ["a Split without pattern", file({ pre_tokenizer: { type: "Split", behavior: "Isolated" } }), "pattern"],
    ["a Split at nothing", file({ pre_tokenizer: { type: "Split", pattern: { String: "" }, behavior: "Isolated" } }), "empty"],
    ["a Split of no known kind", file({ pre_tokenizer: { type: "Split", pattern: { String: "a" }, behavior: "Cut" } }), "Cut"],
    ["a unigram piece without score", file({}, { type: "Unigram", unk_id: 0, vocab: [["a"]] }), "vocab[0]"],
    ["a unigram without unknown", file({}, { type: "Unigram", vocab: [["a", -1]] }), "unk_id"],
    ["an unknown outside the vocabulary", file({}, { type: "Unigram", unk_id: 1, vocab: [["a", -1]] }), "unk_id"],
    ["rules that are no base64", file({ normalizer: { type: "Precompiled", precompiled_charsmap: "?" } }), "base64"],
    ["a prototype for a vocab", file({}, { vocab: JSON.parse('{"__proto__": {"a": 1}}') }), "__proto__"],
  ])("with %s is refused at that place", (_, json, message) => {
    expect(() => parseTokenizerJson(json)).toThrow(FormatError);
    expect(() => parseTokenizerJson(json)).toThrow(message);
  });

  it.each([
    ["another model", file({}, { type: "WordPiece" }), "WordPiece"],
    ["a suffix for words", file({}, { end_of_word_suffix: "</w>" }), "end_of_word_suffix"],
    ["an unknown normalizer", file({ normalizer: { type: "BertNormalizer" } }), "BertNormalizer"],
    ["an unknown pre-tokenizer", file({ pre_tokenizer: { type: "UnicodeScripts" } }), "UnicodeScripts"],
    ["an unknown decoder", file({ decoder: { type: "CTC" } }), "CTC"],
    ["an unknown post-processor", file({ post_processor: { type: "Magic" } }), "Magic"],
    [
      "a pattern that looks back",
      file({ pre_tokenizer: { type: "Split", pattern: { Regex: "(?<=a)b" }, behavior: "Isolated" } }),
      "(?<=a)b",
    ],
  ])("with %s is not supported, by name", (_, json, message) => {
    expect(() => parseTokenizerJson(json)).toThrow(UnsupportedError);
    expect(() => parseTokenizerJson(json)).toThrow(message);
  });

  // Under backtracking this pattern takes longer than the age of the universe; the test's own time limit is the guard.
  it("cannot hang with an exponential pattern", () => {
    const split = { type: "Split", pattern: { Regex: "(a|a|aa)*$|(?:a+)+b" }, behavior: "Isolated" };
    expect(parseTokenizerJson(file({ pre_tokenizer: split })).encode("a".repeat(20_000) + "c")).toHaveLength(20_001);
  });
});
