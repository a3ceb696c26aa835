// The tokenizer inside a GGUF file's metadata (tokenizer.ggml.*): SentencePiece BPE ("llama"), byte-level BPE ("gpt2") and unigram ("t5"),
// with the defaults that llama.cpp has for keys that a file leaves out (src/llama-vocab.cpp there).
import { FormatError, UnsupportedError } from "../errors.ts";
import { type GgufValue, type MetadataGetters, metadataGetters } from "../formats/gguf/metadata.ts";
import { assembleTokenizer } from "./assemble.ts";
import { createByteBpe } from "./bpe/byte-bpe.ts";
import { endTokenIds } from "./end-tokens.ts";
import { sentencePiece } from "./sentencepiece/sentencepiece.ts";
import { pieceType, type SentencePieceModel } from "./sentencepiece/sentencepiece-model.ts";
import type { LiteralToken } from "./special-tokens.ts";
import { preTokenizer } from "./split/pre-tokenizers.ts";
import type { TextModel } from "./text-model.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** What each value of tokenizer.ggml.model means where the file does not say more. */
const defaults = {
  llama: { bosId: 1, eosId: 2, addBos: true, addEos: false },
  gpt2: { bosId: undefined, eosId: undefined, addBos: false, addEos: false },
  t5: { bosId: undefined, eosId: 1, addBos: false, addEos: true },
} as const;

type Algorithm = keyof typeof defaults;

/** Pre-tokenizers of Llama 3, its relatives and Mistral's Tekken: a word that is a token is that token whatever the merges give, and BOS comes first. */
export const wordsAsTokens: ReadonlySet<string> = new Set([
  "llama-bpe",
  "llama3",
  "llama-v3",
  "falcon3",
  "falcon-h1",
  "pixtral",
  "midm-2.0",
  "lfm2",
  "tekken",
]);

/** What the metadata says, with the defaults for what it leaves out. */
export interface GgufVocabulary {
  readonly file: string;
  readonly metadata: MetadataGetters;
  readonly algorithm: Algorithm;
  readonly tokens: readonly string[];
  readonly types: readonly number[];
  readonly pre: string;
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  readonly addBos: boolean;
  readonly addEos: boolean;
  /** Ids that end a turn or a message. */
  readonly endIds: readonly number[];
}

/**
 * The tokenizer of a GGUF file.
 *
 * @param metadata of the file: see openGguf
 * @param file its name, for messages
 * @throws FormatError for metadata that is missing or contradicts itself, UnsupportedError for an algorithm or a pre-tokenizer that is not known
 */
export function createGgufTokenizer(metadata: ReadonlyMap<string, GgufValue>, file: string): Tokenizer {
  const vocabulary = readGgufVocabulary(metadata, file);
  const { tokens, types, bosId, eosId, addBos, addEos, endIds } = vocabulary;
  const literals = (type: number): LiteralToken[] => tokens.flatMap((text, id) => (types[id] === type && text !== "" ? { text, id } : []));
  const special = literals(pieceType.control);
  return assembleTokenizer(vocabulary.algorithm === "gpt2" ? byteBpe(vocabulary) : sentencePieces(vocabulary), {
    special,
    unknown: literals(pieceType.unknown)[0],
    words: literals(pieceType.userDefined),
    bosId,
    eosId,
    endIds: [...endTokenIds(special), ...endIds],
    before: addBos && bosId !== undefined ? [bosId] : [],
    after: addEos && eosId !== undefined ? [eosId] : [],
  });
}

/** @throws as {@link createGgufTokenizer} */
export function readGgufVocabulary(metadata: ReadonlyMap<string, GgufValue>, file: string): GgufVocabulary {
  const get = metadataGetters(file, metadata);
  const algorithm = get.string("tokenizer.ggml.model");
  if (!isKnown(algorithm)) {
    throw new UnsupportedError(
      `${file}: tokenizer.ggml.model is ${JSON.stringify(algorithm)}; known are ${Object.keys(defaults).join(", ")}`,
    );
  }
  const { tokens, types } = readPieces(get, algorithm, file);
  const idAt = (key: string, fallback?: number): number | undefined => {
    const id = get.integer(`tokenizer.ggml.${key}_token_id`, fallback);
    if (id !== undefined && (id < 0 || id >= tokens.length) && metadata.has(`tokenizer.ggml.${key}_token_id`)) {
      throw new FormatError(`${file}: tokenizer.ggml.${key}_token_id is ${id}, the vocabulary has ${tokens.length} tokens`);
    }
    return id !== undefined && id < tokens.length ? id : undefined;
  };
  const pre = get.string("tokenizer.ggml.pre", "default");
  const addsBos = defaults[algorithm].addBos || (algorithm === "gpt2" && wordsAsTokens.has(pre));
  return {
    file,
    metadata: get,
    algorithm,
    tokens,
    types,
    pre,
    bosId: idAt("bos", defaults[algorithm].bosId),
    eosId: idAt("eos", defaults[algorithm].eosId),
    addBos: get.boolean("tokenizer.ggml.add_bos_token", addsBos),
    addEos: get.boolean("tokenizer.ggml.add_eos_token", defaults[algorithm].addEos),
    endIds: [idAt("eot"), idAt("eom")].filter((id) => id !== undefined),
  };
}

function isKnown(model: string): model is Algorithm {
  return Object.hasOwn(defaults, model);
}

function readPieces(metadata: MetadataGetters, algorithm: Algorithm, file: string): Pick<GgufVocabulary, "tokens" | "types"> {
  const tokens = metadata.strings("tokenizer.ggml.tokens");
  if (tokens.length === 0) throw new FormatError(`${file}: tokenizer.ggml.tokens is empty`);
  const types = [
    ...metadata.integers(
      "tokenizer.ggml.token_type",
      tokens.map((token) => likelyType(token, algorithm)),
    ),
  ];
  if (types.length !== tokens.length) {
    throw new FormatError(`${file}: tokenizer.ggml.token_type has ${types.length} elements for ${tokens.length} tokens`);
  }
  // Some converters mark the end of a turn as text; a model that ends its answer with it must not show it.
  for (const id of endTokenIds(tokens.map((text, id) => ({ text, id })))) types[id] = pieceType.control;
  return { tokens, types };
}

/** For files without types: SentencePiece's bytes are known by their spelling. */
function likelyType(token: string, algorithm: Algorithm): number {
  return algorithm !== "gpt2" && /^<0x[0-9A-F]{2}>$/.test(token) ? pieceType.byte : pieceType.normal;
}

function byteBpe({ file, metadata, tokens, pre }: GgufVocabulary): TextModel {
  return createByteBpe({
    vocab: tokens,
    merges: metadata.strings("tokenizer.ggml.merges"),
    split: preTokenizer(pre),
    ignoreMerges: wordsAsTokens.has(pre),
    source: `${file}: tokenizer.ggml.merges`,
  });
}

function sentencePieces({ file, metadata, tokens, types, algorithm }: GgufVocabulary): TextModel {
  const scores = metadata.numbers("tokenizer.ggml.scores");
  if (scores.length !== tokens.length) {
    throw new FormatError(`${file}: tokenizer.ggml.scores has ${scores.length} elements for ${tokens.length} tokens`);
  }
  const odd = scores.findIndex((score) => !Number.isFinite(score));
  if (odd !== -1) throw new FormatError(`${file}: tokenizer.ggml.scores[${odd}] is ${scores[odd]}, expected a finite number`);
  const unigram = algorithm === "t5";
  const model: SentencePieceModel = {
    algorithm: unigram ? "unigram" : "bpe",
    pieces: tokens,
    scores: Float32Array.from(scores),
    // User-defined tokens are cut out of the text before, as llama.cpp does it.
    types: types.map((type) => (type === pieceType.userDefined ? pieceType.control : type)),
    unknownSurface: " \u2047 ",
    normalizer: {
      charsmap: Uint8Array.from(unigram ? metadata.integers("tokenizer.ggml.precompiled_charsmap", []) : []),
      addDummyPrefix: metadata.boolean("tokenizer.ggml.add_space_prefix", !unigram),
      removeExtraWhitespaces: unigram && metadata.boolean("tokenizer.ggml.remove_extra_whitespaces", false),
      escapeWhitespaces: true,
      treatWhitespaceAsSuffix: unigram && metadata.boolean("tokenizer.ggml.treat_whitespace_as_suffix", false),
    },
  };
  return sentencePiece(model, file);
}
