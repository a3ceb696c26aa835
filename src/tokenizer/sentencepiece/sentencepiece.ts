// A SentencePiece model as a TextModel: normalise, encode by the model's algorithm, and ids back to bytes.
import { assembleTokenizer } from "../assemble.ts";
import { endTokenIds } from "../end-tokens.ts";
import type { LiteralToken } from "../special-tokens.ts";
import type { TextModel } from "../text-model.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { readTokenizerConfig } from "../tokenizer-config.ts";
import { pieceVocabulary } from "./piece-vocabulary.ts";
import { sentencePieceBpe } from "./sentencepiece-bpe.ts";
import { pieceType, readSentencePieceModel, type SentencePieceModel } from "./sentencepiece-model.ts";
import { sentencePieceNormalizer } from "./sentencepiece-normalizer.ts";
import { unigram } from "./unigram.ts";

/**
 * @param file for messages
 * @throws FormatError if the parts of the model do not fit together
 */
export function sentencePiece(model: SentencePieceModel, file: string): TextModel {
  const { pieces, types, normalizer } = model;
  const vocabulary = pieceVocabulary(model, file);
  const userDefined = pieces.filter((_, id) => types[id] === pieceType.userDefined);
  const normalize = sentencePieceNormalizer(normalizer, userDefined, file);
  const encodeNormalized = model.algorithm === "bpe" ? sentencePieceBpe(vocabulary, file) : unigram(vocabulary);
  const encoder = new TextEncoder();
  const bytesOfPieces: (Uint8Array | undefined)[] = [];

  const bytesOf = (id: number): Uint8Array => {
    if (types[id] === pieceType.byte) return Uint8Array.of(Number(pieces[id].slice(1, -1)));
    return encoder.encode(types[id] === pieceType.unknown ? model.unknownSurface : pieces[id].replaceAll("\u2581", " "));
  };

  return {
    vocabSize: pieces.length,
    dropsLeadingSpace: normalizer.removeExtraWhitespaces ? "all" : normalizer.addDummyPrefix,
    *encode(text, out) {
      const normalized = yield* normalize(text);
      if (vocabulary.byteIds) return yield* encodeNormalized(normalized, out);
      const ids: number[] = [];
      yield* encodeNormalized(normalized, ids);
      pushJoined(ids, vocabulary.unknownId, out);
    },
    bytes(id) {
      if (pieces[id] === undefined) return undefined;
      bytesOfPieces[id] ??= bytesOf(id);
      return bytesOfPieces[id];
    },
    piece: (id) => pieces[id],
  };
}

/** Any number of unknown characters in a row are one unknown token. */
function pushJoined(ids: readonly number[], unknownId: number, out: number[]): void {
  for (const [i, id] of ids.entries()) if (i === 0 || id !== unknownId || ids[i - 1] !== unknownId) out.push(id);
}

interface SentencePieceOptions {
  /** The text of tokenizer_config.json beside it: further tokens, and whether BOS and EOS are added. */
  readonly config?: string;
}

/**
 * Reads a tokenizer.model of SentencePiece. addSpecial puts BOS before a text, as every Llama wants it, unless the configuration says otherwise.
 *
 * @param source the file's name, for messages
 * @throws FormatError if it is damaged, UnsupportedError for the word and char algorithms
 */
export function parseSentencePiece(bytes: Uint8Array, source = "tokenizer.model", { config }: SentencePieceOptions = {}): Tokenizer {
  const model = readSentencePieceModel(bytes, source);
  const literals = (type: number): LiteralToken[] => model.pieces.flatMap((text, id) => (model.types[id] === type ? { text, id } : []));
  const { added, bos, eos, addBos, addEos } = readTokenizerConfig(config);
  const further = added.filter((token) => token.id >= model.pieces.length);
  const special = [...literals(pieceType.control), ...further.filter((token) => token.special)];
  const idOf = (text: string): number | undefined => special.find((token) => token.text === text)?.id;
  const bosId = idOf(bos ?? model.roles.bos);
  const eosId = idOf(eos ?? model.roles.eos);
  return assembleTokenizer(sentencePiece(model, source), {
    special,
    unknown: literals(pieceType.unknown)[0],
    words: further.filter((token) => !token.special),
    bosId,
    eosId,
    endIds: endTokenIds(special),
    before: addBos !== false && bosId !== undefined ? [bosId] : [],
    after: addEos && eosId !== undefined ? [eosId] : [],
  });
}
