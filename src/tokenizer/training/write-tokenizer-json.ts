// A vocabulary as Hugging Face's tokenizer.json and tokenizer_config.json, as the tokenizers library and json/tokenizer-json.ts read them.
// Format: https://github.com/huggingface/tokenizers (tokenizers/src/tokenizer/serialization.rs and the models beside it)

import type { Vocabulary } from "../convert/vocabulary.ts";
import { wordsAsTokens } from "../gguf-tokenizer.ts";
import { pieceType } from "../sentencepiece/sentencepiece-model.ts";
import { splitSteps } from "./named-splits.ts";
import { allMerges } from "./score-merges.ts";

/** The text of tokenizer.json. addSpecial puts BOS before a text and EOS behind it, where the vocabulary wants them. */
export function writeTokenizerJson(vocabulary: Vocabulary): string {
  const { pieces, types } = vocabulary;
  const document = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: addedTokens(vocabulary),
    ...(vocabulary.kind === "byte-bpe" ? byteLevelSteps(vocabulary.pre) : sentencePieceSteps(vocabulary.spacePrefix)),
    post_processor: frame(vocabulary),
    model: {
      type: "BPE",
      dropout: null,
      ...(vocabulary.kind === "byte-bpe"
        ? { unk_token: null, fuse_unk: false, byte_fallback: false, ignore_merges: wordsAsTokens.has(vocabulary.pre) }
        : { unk_token: unknownPiece(vocabulary), fuse_unk: true, byte_fallback: true, ignore_merges: false }),
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      vocab: Object.fromEntries(pieces.flatMap((piece, id) => (types[id] === pieceType.unused ? [] : [[piece, id]]))),
      merges: (vocabulary.kind === "byte-bpe" ? vocabulary.merges : allMerges(vocabulary)).map(([left, right]) => `${left} ${right}`),
    },
  };
  return `${JSON.stringify(document)}\n`;
}

/** The text of tokenizer_config.json. @param chatTemplate in Jinja; none without it */
export function writeTokenizerConfig(vocabulary: Vocabulary, chatTemplate?: string): string {
  const { pieces, bosId, eosId, addBos, addEos } = vocabulary;
  const config = {
    tokenizer_class: "PreTrainedTokenizerFast",
    bos_token: bosId === undefined ? null : pieces[bosId],
    eos_token: eosId === undefined ? null : pieces[eosId],
    unk_token: unknownPiece(vocabulary),
    add_bos_token: addBos,
    add_eos_token: addEos,
    clean_up_tokenization_spaces: false,
    added_tokens_decoder: Object.fromEntries(addedTokens(vocabulary).map(({ id, ...token }) => [id, token])),
    ...(chatTemplate === undefined ? {} : { chat_template: chatTemplate }),
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };

function addedTokens({ pieces, types }: Vocabulary): ({ id: number; content: string; special: boolean } & typeof plain)[] {
  const added: readonly number[] = [pieceType.control, pieceType.unknown, pieceType.userDefined];
  return pieces.flatMap((content, id) =>
    added.includes(types[id]) ? [{ id, content, ...plain, special: types[id] !== pieceType.userDefined }] : [],
  );
}

function unknownPiece({ pieces, types }: Vocabulary): string | null {
  return pieces[types.indexOf(pieceType.unknown)] ?? null;
}

/** What addSpecial puts around a text; null where it is nothing. */
function frame({ pieces, bosId, eosId, addBos, addEos }: Vocabulary): Record<string, unknown> | null {
  const before = addBos && bosId !== undefined ? [bosId] : [];
  const after = addEos && eosId !== undefined ? [eosId] : [];
  const around = [...new Set([...before, ...after])];
  if (around.length === 0) return null;
  const part = (sequence: string, type: number): unknown[] => {
    const special = (id: number): unknown => ({ SpecialToken: { id: pieces[id], type_id: type } });
    return [...before.map(special), { Sequence: { id: sequence, type_id: type } }, ...after.map(special)];
  };
  return {
    type: "TemplateProcessing",
    single: part("A", 0),
    pair: [...part("A", 0), ...part("B", 1)],
    special_tokens: Object.fromEntries(around.map((id) => [pieces[id], { id: pieces[id], ids: [id], tokens: [pieces[id]] }])),
  };
}

function byteLevelSteps(pre: string): Record<string, unknown> {
  return {
    normalizer: null,
    pre_tokenizer: { type: "Sequence", pretokenizers: splitSteps(pre) },
    decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
  };
}

function sentencePieceSteps(spacePrefix: boolean): Record<string, unknown> {
  return {
    normalizer: {
      type: "Sequence",
      normalizers: [
        ...(spacePrefix ? [{ type: "Prepend", prepend: "\u2581" }] : []),
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
        ...(spacePrefix ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : []),
      ],
    },
  };
}
