// A SentencePiece model as a TextModel: normalise, encode by the model's algorithm, and ids back to bytes.
import { assembleTokenizer } from "./assemble.ts";
import { pieceVocabulary } from "./piece-vocabulary.ts";
import { sentencePieceBpe } from "./sentencepiece-bpe.ts";
import { pieceType, readSentencePieceModel, type SentencePieceModel } from "./sentencepiece-model.ts";
import { sentencePieceNormalizer } from "./sentencepiece-normalizer.ts";
import type { LiteralToken } from "./special-tokens.ts";
import type { TextModel } from "./text-model.ts";
import type { Tokenizer } from "./tokenizer.ts";
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
    dropsLeadingSpace: normalizer.addDummyPrefix || normalizer.removeExtraWhitespaces,
    encode(text, out) {
      const start = out.length;
      encodeNormalized(normalize(text), out);
      if (!vocabulary.byteIds) joinRuns(out, start, vocabulary.unknownId);
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
function joinRuns(ids: number[], from: number, id: number): void {
  let end = from;
  for (let i = from; i < ids.length; i++) {
    if (i === from || ids[i] !== id || ids[i - 1] !== id) ids[end++] = ids[i];
  }
  ids.length = end;
}

/**
 * The tokenizer in a tokenizer.model of SentencePiece. addSpecial puts BOS before a text, as every Llama wants it; the file does not say.
 *
 * @throws FormatError if it is damaged, UnsupportedError for the word and char algorithms
 */
export function sentencePieceTokenizer(bytes: Uint8Array, file: string): Tokenizer {
  const model = readSentencePieceModel(bytes, file);
  const literals = (type: number): LiteralToken[] => model.pieces.flatMap((text, id) => (model.types[id] === type ? { text, id } : []));
  const special = literals(pieceType.control);
  const idOf = (piece: string): number | undefined => special.find((token) => token.text === piece)?.id;
  const bosId = idOf(model.roles.bos);
  return assembleTokenizer(sentencePiece(model, file), {
    special,
    unknown: literals(pieceType.unknown)[0],
    bosId,
    eosId: idOf(model.roles.eos),
    before: bosId === undefined ? [] : [bosId],
  });
}
