// What training writes is read back by the same readers as everybody's files, and gives the same ids.
import { beforeAll, describe, expect, it } from "vitest";
import { collectBytes } from "../../formats/byte-writer.ts";
import { openGguf } from "../../formats/gguf/open.ts";
import { writeGguf } from "../../formats/gguf/write.ts";
import { createGgufTokenizer } from "../gguf-tokenizer.ts";
import { parseTokenizerJson } from "../json/tokenizer-json.ts";
import { parseSentencePiece } from "../sentencepiece/sentencepiece.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { ggufTokenizerMetadata } from "./gguf-metadata.ts";
import { type TrainedTokenizer, type TrainTokenizerOptions, trainTokenizer } from "./train-tokenizer.ts";
import type { TrainedVocabulary } from "./vocabulary.ts";
import { writeSentencePiece } from "./write-sentencepiece.ts";
import { writeTokenizerConfig, writeTokenizerJson } from "./write-tokenizer-json.ts";

const corpus = [
  "It was a dark and stormy night; the rain fell in torrents, and it's said that they've never seen 1830's like.\n\n",
  "function add(a, b) {\n  return a + b; // 12 + 345 = 357\n}\n\n\tconst x = [1, 22, 333, 4444];\n",
  "Ünïcödé: naïve café, \u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8\u3002 \u0416\u0443\u043a \u0438 \u0436\u0443\u043a. \u{1f999}\u{1f999}\n",
  "----- ------ aaaa aaaaa ......  ....   spaces    and     more\r\nline\r\n",
]
  .join("")
  .repeat(4);

const texts = [
  corpus,
  "",
  " ",
  "\n",
  "   leading and trailing   ",
  "unseen words: quixotic \u{1f98a} \u05d0\u05d1 \u0000 \ufeff \u200d",
  "aaaaaaaaa --------- .........",
  "a\u2581b \u2581",
  "<|im_start|>user\nWhat's 2024?<|im_end|>\n<|im_start|>assistant\n",
  "<s>[INST] <unk> </s>",
];

async function readers(vocabulary: TrainedVocabulary): Promise<[string, Tokenizer][]> {
  const metadata = new Map([["general.architecture", { type: "string", value: "llama" } as const], ...ggufTokenizerMetadata(vocabulary)]);
  const gguf = await openGguf(new Blob([await collectBytes(writeGguf({ metadata, tensors: [] }))]));
  const config = writeTokenizerConfig(vocabulary);
  return [
    ["tokenizer.json", parseTokenizerJson(writeTokenizerJson(vocabulary))],
    ["tokenizer.json with its configuration", parseTokenizerJson(writeTokenizerJson(vocabulary), { config })],
    ["GGUF", createGgufTokenizer(gguf.metadata, "trained.gguf")],
    ...(vocabulary.kind === "sentencepiece"
      ? [["tokenizer.model", parseSentencePiece(writeSentencePiece(vocabulary), "tokenizer.model", { config })] as [string, Tokenizer]]
      : []),
  ];
}

describe.each<[name: string, options: Omit<TrainTokenizerOptions, "vocabSize">]>([
  ["llama3", { split: "llama3" }],
  ["gpt2", { split: "gpt2", bos: "<|endoftext|>", eos: "<|endoftext|>" }],
  ["qwen2", { split: "qwen2" }],
  ["smollm", { split: "smollm" }],
  ["sentencepiece", { kind: "sentencepiece" }],
])("a %s tokenizer", (_, options) => {
  let trained: TrainedTokenizer;
  beforeAll(async () => {
    trained = await trainTokenizer([corpus], { vocabSize: 420, special: ["<|im_start|>", "<|im_end|>"], ...options });
  });

  it("gives the same ids from every file", async () => {
    const { vocabulary, tokenizer } = trained;
    for (const [name, other] of await readers(vocabulary)) {
      for (const text of texts) {
        for (const how of [{}, { parseSpecial: true, addSpecial: true }]) {
          expect([name, text, other.encode(text, how)]).toEqual([name, text, tokenizer.encode(text, how)]);
        }
      }
      const ids = tokenizer.encode(corpus, { addSpecial: true });
      expect(other.decode(ids, { skipSpecial: true })).toBe(corpus);
      expect([other.vocabSize, other.bosId, other.eosId, other.endIds]).toEqual([420, tokenizer.bosId, tokenizer.eosId, tokenizer.endIds]);
      expect(new Map(other.specialTokens)).toEqual(new Map(tokenizer.specialTokens));
    }
  });

  it("puts BOS before a text where it is asked to", () => {
    const { tokenizer, vocabulary } = trained;
    expect(tokenizer.encode("a", { addSpecial: true })).toEqual([vocabulary.bosId, ...tokenizer.encode("a")]);
  });

  it("carries a chat template", () => {
    const { vocabulary } = trained;
    const template = "{% for message in messages %}{{ message.content }}{% endfor %}";
    expect(JSON.parse(writeTokenizerConfig(vocabulary, template)).chat_template).toBe(template);
    expect(JSON.parse(writeTokenizerConfig(vocabulary))).not.toHaveProperty("chat_template");
    expect(ggufTokenizerMetadata(vocabulary, template).get("tokenizer.chat_template")).toEqual({ type: "string", value: template });
    expect(ggufTokenizerMetadata(vocabulary).has("tokenizer.chat_template")).toBe(false);
  });
});
