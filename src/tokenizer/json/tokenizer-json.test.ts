import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { goldenPath, readGolden, sharedPath } from "../../../test/goldens.ts";
import { readSentencePieceModel } from "../sentencepiece/sentencepiece-model.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { parseTokenizerJson } from "./tokenizer-json.ts";

interface Golden {
  special_tokens: Record<string, number>;
  cases: { text: string; allow_special: boolean; ids: number[]; tokens: string[]; decoded: string }[];
  stream_cases: { ids: number[]; deltas: string[]; flush: string }[];
}

const load = (folder: string) =>
  parseTokenizerJson(readFileSync(goldenPath(`tokenizers/hf/${folder}/tokenizer.json`)!, "utf8"), {
    config: readFileSync(goldenPath(`tokenizers/hf/${folder}/tokenizer_config.json`)!, "utf8"),
  });

describe.each([
  ["gpt2", "gpt2", undefined, 50256],
  ["smollm2", "smollm2", 1, 2],
  ["llama3", "llama3-style", 128000, 128009],
  ["llama2", "llama2-style", 1, 2],
])("tokenizer.json of %s", (name, folder, bos, eos) => {
  describe.skipIf(!goldenPath(`tokenizers/hf/${folder}/tokenizer.json`))("against the goldens", () => {
    let golden: Golden;
    let tokenizer: Tokenizer;
    beforeAll(() => {
      golden = readGolden(`tokenizers/${name}.json`);
      tokenizer = load(folder);
    });

    it("gives the ids and pieces of every case", () => {
      for (const { text, allow_special, ids, tokens } of golden.cases) {
        expect(tokenizer.encode(text, { parseSpecial: allow_special }), JSON.stringify(text)).toEqual(ids);
        expect(
          ids.map((id) => tokenizer.piece(id)),
          JSON.stringify(text),
        ).toEqual(tokens);
      }
    });

    it("decodes every case", () => {
      // Llama 2's were decoded by SentencePiece itself, which shows no control tokens.
      const skipSpecial = name === "llama2";
      for (const { ids, decoded } of golden.cases) expect(tokenizer.decode(ids, { skipSpecial })).toBe(decoded);
    });

    it("streams every case", () => {
      for (const { ids, deltas, flush } of golden.stream_cases) {
        const stream = tokenizer.stream();
        expect(ids.map((id) => stream.push(id))).toEqual(deltas);
        expect(stream.end()).toBe(flush);
      }
    });

    it("knows its special tokens", () => {
      for (const [text, id] of Object.entries(golden.special_tokens)) expect([...tokenizer.specialTokens.values()], text).toContain(id);
      expect(tokenizer.bosId ?? bos).toBe(bos ?? 50256);
      expect(tokenizer.eosId).toBe(eos);
      expect(tokenizer.endIds).toContain(eos);
    });
  });
});

describe.skipIf(!sharedPath("data/tokenizers/torchtune-assets/m.model"))("a unigram model written as tokenizer.json", () => {
  it("gives the ids of SentencePiece in every case", () => {
    const { pieces, scores, normalizer } = readSentencePieceModel(
      readFileSync(sharedPath("data/tokenizers/torchtune-assets/m.model")!),
      "m.model",
    );
    const json = JSON.stringify({
      added_tokens: pieces.slice(0, 3).map((content, id) => ({ content, id, special: true })),
      normalizer: {
        type: "Sequence",
        normalizers: [
          { type: "Precompiled", precompiled_charsmap: Buffer.from(normalizer.charsmap).toString("base64") },
          { type: "Replace", pattern: { String: "\u2581" }, content: " " }, // the model's own blank is white space too
          { type: "Replace", pattern: { Regex: "\\A +| +\\z" }, content: "" },
          { type: "Replace", pattern: { Regex: " {2,}" }, content: " " },
        ],
      },
      pre_tokenizer: { type: "Metaspace", replacement: "\u2581", prepend_scheme: "always" },
      decoder: { type: "Metaspace", replacement: "\u2581", prepend_scheme: "always" },
      model: { type: "Unigram", unk_id: 0, vocab: pieces.map((piece, id) => [piece, scores[id]]) },
    });
    const tokenizer = parseTokenizerJson(json);
    for (const { text, allow_special, ids } of readGolden("tokenizers/unigram.json").cases) {
      expect(tokenizer.encode(text, { parseSpecial: allow_special }), JSON.stringify(text)).toEqual(ids);
    }
  });
});
