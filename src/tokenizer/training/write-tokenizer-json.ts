// A trained vocabulary as Hugging Face's tokenizer.json and tokenizer_config.json, as the tokenizers library and json/tokenizer-json.ts read them.
// Format: https://github.com/huggingface/tokenizers (tokenizers/src/tokenizer/serialization.rs and the models beside it)

import { pieceType } from "../sentencepiece/sentencepiece-model.ts";
import { namedSplits } from "./named-splits.ts";
import { allMerges } from "./score-merges.ts";
import { UNKNOWN } from "./special-texts.ts";
import type { TrainedVocabulary } from "./vocabulary.ts";

interface AddedToken {
  readonly id: number;
  readonly content: string;
}

/** The text of tokenizer.json. addSpecial puts BOS before a text, as every Llama wants it. */
export function writeTokenizerJson(vocabulary: TrainedVocabulary): string {
  const { pieces, bosId } = vocabulary;
  const bos = pieces[bosId];
  const document = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: addedTokens(vocabulary).map(({ id, content }) => ({ id, content, ...plain, special: true })),
    ...(vocabulary.kind === "byte-bpe" ? byteLevelSteps(vocabulary.split) : sentencePieceSteps),
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: bos, type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [
        { SpecialToken: { id: bos, type_id: 0 } },
        { Sequence: { id: "A", type_id: 0 } },
        { SpecialToken: { id: bos, type_id: 1 } },
        { Sequence: { id: "B", type_id: 1 } },
      ],
      special_tokens: { [bos]: { id: bos, ids: [bosId], tokens: [bos] } },
    },
    model: {
      type: "BPE",
      dropout: null,
      ...(vocabulary.kind === "byte-bpe"
        ? { unk_token: null, fuse_unk: false, byte_fallback: false, ignore_merges: namedSplits[vocabulary.split].ignoreMerges }
        : { unk_token: UNKNOWN, fuse_unk: true, byte_fallback: true, ignore_merges: false }),
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
      merges: (vocabulary.kind === "byte-bpe" ? vocabulary.merges : allMerges(vocabulary)).map(([left, right]) => `${left} ${right}`),
    },
  };
  return `${JSON.stringify(document)}\n`;
}

/** The text of tokenizer_config.json. @param chatTemplate in Jinja; none without it */
export function writeTokenizerConfig(vocabulary: TrainedVocabulary, chatTemplate?: string): string {
  const { kind, pieces, bosId, eosId } = vocabulary;
  const config = {
    tokenizer_class: "PreTrainedTokenizerFast",
    bos_token: pieces[bosId],
    eos_token: pieces[eosId],
    unk_token: kind === "sentencepiece" ? UNKNOWN : null,
    add_bos_token: true,
    add_eos_token: false,
    clean_up_tokenization_spaces: false,
    added_tokens_decoder: Object.fromEntries(addedTokens(vocabulary).map(({ id, content }) => [id, { content, ...plain, special: true }])),
    ...(chatTemplate === undefined ? {} : { chat_template: chatTemplate }),
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };

function addedTokens({ pieces, types }: TrainedVocabulary): AddedToken[] {
  return pieces.flatMap((content, id) => (types[id] === pieceType.control || types[id] === pieceType.unknown ? { id, content } : []));
}

function byteLevelSteps(split: keyof typeof namedSplits): Record<string, unknown> {
  return {
    normalizer: null,
    pre_tokenizer: { type: "Sequence", pretokenizers: namedSplits[split].steps },
    decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
  };
}

const sentencePieceSteps = {
  normalizer: {
    type: "Sequence",
    normalizers: [
      { type: "Prepend", prepend: "\u2581" },
      { type: "Replace", pattern: { String: " " }, content: "\u2581" },
    ],
  },
  pre_tokenizer: null,
  decoder: {
    type: "Sequence",
    decoders: [
      { type: "Replace", pattern: { String: "\u2581" }, content: " " },
      { type: "ByteFallback" },
      { type: "Fuse" },
      { type: "Strip", content: " ", start: 1, stop: 0 },
    ],
  },
};
