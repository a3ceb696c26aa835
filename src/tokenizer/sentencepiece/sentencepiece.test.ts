import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { goldenPath, readGolden, sharedPath } from "../../../test/goldens.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { parseSentencePiece } from "./sentencepiece.ts";

interface Case {
  kind: string;
  text: string;
  allow_special: boolean;
  ids: number[];
  tokens: string[];
  decoded: string;
}

interface StreamCase {
  ids: number[];
  deltas: string[];
  flush: string;
  text: string;
}

describe.each([
  ["llama2", "data/tokenizers/llama2/tokenizer.model"],
  ["unigram", "data/tokenizers/torchtune-assets/m.model"],
])("%s", (name, path) => {
  const file = sharedPath(path);
  describe.skipIf(!file || !goldenPath(`tokenizers/${name}.json`))("as sentencepiece itself", () => {
    let golden: ReturnType<typeof readGolden>;
    let tokenizer: Tokenizer;
    let cases: Case[];
    beforeAll(() => {
      golden = readGolden(`tokenizers/${name}.json`);
      tokenizer = parseSentencePiece(readFileSync(file!), path);
      cases = golden.cases;
    });

    it("encodes every text to the same ids", () => {
      for (const { text, allow_special, ids } of cases) {
        expect([text, tokenizer.encode(text, { parseSpecial: allow_special })]).toEqual([text, ids]);
      }
    });

    it("shows and decodes the same pieces", () => {
      for (const { ids, tokens, decoded } of cases) {
        expect([ids, tokenizer.decode(ids, { skipSpecial: true })]).toEqual([ids, decoded]);
        expect(ids.map(tokenizer.piece)).toEqual(tokens);
      }
    });

    it("streams text as soon as it is whole", () => {
      for (const { ids, deltas, flush, text } of golden.stream_cases as StreamCase[]) {
        const stream = tokenizer.stream({ skipSpecial: true });
        expect([ids, ids.map((id) => stream.push(id)), stream.end()]).toEqual([ids, deltas, flush]);
        expect(tokenizer.decode(ids, { skipSpecial: true })).toBe(text);
      }
    });

    it("knows its special tokens", () => {
      expect(Object.fromEntries(tokenizer.specialTokens)).toEqual(golden.special_tokens);
      expect([tokenizer.bosId, tokenizer.eosId, [...tokenizer.endIds]]).toEqual([1, 2, [2]]);
      expect(tokenizer.encode("", { addSpecial: true })).toEqual([1]);
    });
  });
});
