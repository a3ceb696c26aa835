// A SentencePiece model as plain data, and the reader of tokenizer.model (the ModelProto message of
// https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto). A GGUF file holds the same data under other names.
import { FormatError, UnsupportedError } from "../../errors.ts";
import { type ProtoField, protoFields } from "./protobuf.ts";

/** What a piece is; tokenizer.model and GGUF (tokenizer.ggml.token_type) use the same numbers. */
export const pieceType = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

export interface SentencePieceModel {
  readonly algorithm: "bpe" | "unigram";
  /** Index is the id; spaces are written U+2581. */
  readonly pieces: readonly string[];
  readonly scores: Float32Array;
  readonly types: readonly number[];
  /** What decoding shows for characters that the vocabulary lacks. */
  readonly unknownSurface: string;
  readonly normalizer: NormalizerSpec;
}

export interface NormalizerSpec {
  /** Rules that map characters, compiled: see charsmap.ts. Empty for none. */
  readonly charsmap: Uint8Array;
  readonly addDummyPrefix: boolean;
  readonly removeExtraWhitespaces: boolean;
  readonly escapeWhitespaces: boolean;
  /** The dummy prefix stands at the end instead. */
  readonly treatWhitespaceAsSuffix: boolean;
}

/** Texts of the pieces that have a role, as trainer_spec names them. */
interface SentencePieceRoles {
  readonly bos: string;
  readonly eos: string;
}

const algorithms: ReadonlyMap<number, "bpe" | "unigram"> = new Map([
  [1, "unigram"],
  [2, "bpe"],
]);

/**
 * Reads a tokenizer.model.
 *
 * @param file its name, for messages
 * @throws FormatError if it is damaged, UnsupportedError for the word and char algorithms
 */
export function readSentencePieceModel(bytes: Uint8Array, file: string): SentencePieceModel & { readonly roles: SentencePieceRoles } {
  const pieces: string[] = [];
  const scores: number[] = [];
  const types: number[] = [];
  let modelType = 1; // defaults are those of the proto file
  let unknownSurface = " \u2047 ";
  let treatWhitespaceAsSuffix = false;
  const roles = { bos: "<s>", eos: "</s>" };
  let charsmap: Uint8Array = new Uint8Array(0);
  const whitespace = { addDummyPrefix: true, removeExtraWhitespaces: true, escapeWhitespaces: true };

  for (const field of protoFields(bytes, file)) {
    if (field.number === 1) {
      const { text, score, type } = readPiece(field);
      pieces.push(text);
      scores.push(score);
      types.push(type);
    } else if (field.number === 2) {
      for (const option of field.message()) {
        if (option.number === 3) modelType = option.int32();
        else if (option.number === 24) treatWhitespaceAsSuffix = option.bool();
        else if (option.number === 44) unknownSurface = option.text();
        else if (option.number === 46) roles.bos = option.text();
        else if (option.number === 47) roles.eos = option.text();
      }
    } else if (field.number === 3) {
      for (const option of field.message()) {
        if (option.number === 2) charsmap = option.bytes();
        else if (option.number === 3) whitespace.addDummyPrefix = option.bool();
        else if (option.number === 4) whitespace.removeExtraWhitespaces = option.bool();
        else if (option.number === 5) whitespace.escapeWhitespaces = option.bool();
      }
    }
  }

  if (pieces.length === 0) throw new FormatError(`${file}: has no pieces: this is not a SentencePiece model`);
  const algorithm = algorithms.get(modelType);
  if (!algorithm) throw new UnsupportedError(`${file}: SentencePiece model type ${modelType}: only unigram (1) and BPE (2) are read`);
  return {
    algorithm,
    pieces,
    scores: Float32Array.from(scores),
    types,
    unknownSurface,
    normalizer: { charsmap, ...whitespace, treatWhitespaceAsSuffix },
    roles,
  };
}

function readPiece(piece: ProtoField): { text: string; score: number; type: number } {
  let text = "";
  let score = 0;
  let type: number = pieceType.normal;
  for (const field of piece.message()) {
    if (field.number === 1) text = field.text();
    else if (field.number === 2) score = field.float();
    else if (field.number === 3) type = field.int32();
  }
  if (text === "") throw piece.error("a piece without text");
  if (!Number.isFinite(score)) throw piece.error(`piece ${JSON.stringify(text)} has the score ${score}`);
  if (type < pieceType.normal || type > pieceType.byte)
    throw piece.error(`piece ${JSON.stringify(text)} has type ${type}, expected 1 to 6`);
  return { text, score, type };
}
