import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { readGolden, sharedPath } from "../../../test/goldens.ts";
import { FormatError } from "../../errors.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { isTiktoken, parseTiktoken } from "./tiktoken.ts";

const encoder = new TextEncoder();
const path = sharedPath("data/tokenizers/llama3/tokenizer.model");

describe.skipIf(!path)("Llama 3's tokenizer.model", () => {
  let tokenizer: Tokenizer;
  let golden: ReturnType<typeof readGolden>;
  beforeAll(() => {
    tokenizer = parseTiktoken(readFileSync(path!));
    golden = readGolden("tokenizers/llama3.json");
  });

  it("gives the ids and pieces of tiktoken in every case", () => {
    for (const { text, allow_special, ids, tokens } of golden.cases) {
      expect(tokenizer.encode(text, { parseSpecial: allow_special }), JSON.stringify(text)).toEqual(ids);
      expect(ids.map((id: number) => tokenizer.piece(id))).toEqual(tokens);
    }
  });

  it("decodes and streams every case", () => {
    for (const { ids, decoded } of golden.cases) expect(tokenizer.decode(ids)).toBe(decoded);
    for (const { ids, deltas, flush } of golden.stream_cases) {
      const stream = tokenizer.stream();
      expect(ids.map((id: number) => stream.push(id))).toEqual(deltas);
      expect(stream.end()).toBe(flush);
    }
  });

  it("has Meta's 256 special tokens, BOS when asked, and ends with a text or a turn", () => {
    expect(Object.fromEntries(tokenizer.specialTokens)).toEqual(golden.special_tokens);
    expect(tokenizer.vocabSize).toBe(128256);
    expect(tokenizer.encode("a", { addSpecial: true })).toEqual([128000, 64]);
    expect(tokenizer.endIds).toEqual(new Set([128001, 128008, 128009]));
  });
});

describe("tiktoken ranks", () => {
  const lines = Array.from({ length: 256 }, (_, byte) => `${btoa(String.fromCharCode(byte))} ${byte}`);
  const file = (list: string[]): Uint8Array => encoder.encode(list.join("\n"));

  it("are told from SentencePiece by the first line", () => {
    expect(isTiktoken(file(lines))).toBe(true);
    expect(isTiktoken(Uint8Array.of(0x0a, 0x0e, 0x0a, 0x05, 0x3c, 0x75))).toBe(false);
    expect(isTiktoken(new Uint8Array(0))).toBe(false);
  });

  it("merge the lowest id first, and a whole word at once", () => {
    // a + b comes before b + c; "abc" has no way through a merge with "ab", but a word that is a piece is found.
    const tokenizer = parseTiktoken(file([...lines, `${btoa("bc")} 256`, `${btoa("ab")} 257`, `${btoa("abcd")} 258`]));
    expect(tokenizer.encode("abc")).toEqual([97, 256]);
    expect(tokenizer.encode("abcd")).toEqual([258]);
    expect(tokenizer.encode("abcda")).toEqual([97, 256, 100, 97]);
  });

  it.each([
    ["no id", [...lines, "YWI="], "line 257"],
    ["no base64", [...lines, "a 256"], "line 257"],
    ["an id twice", [...lines, "YWI= 255"], "expected 256"],
    ["an id too high", [...lines, "YWI= 99999999999"], "expected 256"],
    ["bytes twice", [...lines, "YQ== 256"], "repeats"],
    ["a byte missing", lines.slice(0, 255), "byte 255"],
    ["an endless line", ["A".repeat(100_000)], "line 1"],
    ["nothing", [], "byte 0"],
  ])("with %s are refused", (_, list, message) => {
    expect(() => parseTiktoken(file(list))).toThrow(FormatError);
    expect(() => parseTiktoken(file(list))).toThrow(message);
  });
});
