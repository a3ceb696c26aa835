// The pieces of a SentencePiece model as its two algorithms want them.
import { FormatError } from "../../errors.ts";
import type { Steps } from "../pauses.ts";
import { pieceType, type SentencePieceModel } from "./sentencepiece-model.ts";

/** Index is the id. */
export interface PieceVocabulary {
  /** As the file writes them. */
  readonly pieces: readonly string[];
  /** With spaces as spaces; empty where no normalised text can hold the piece. */
  readonly texts: readonly string[];
  readonly scores: Float32Array;
  readonly types: readonly number[];
  /** The id of what has no piece. */
  readonly unknownId: number;
  /** Where the vocabulary has all 256: the id of each byte. Characters without a piece become bytes then, and nothing is unknown. */
  readonly byteIds: Int32Array | undefined;
}

/** Appends the ids of a normalised text, in steps. */
export type PieceEncoder = (text: string, out: number[]) => Steps;

/** @throws FormatError if it has neither an unknown piece nor all bytes */
export function pieceVocabulary(model: SentencePieceModel, file: string): PieceVocabulary {
  const { pieces, types, scores } = model;
  const escaped = model.normalizer.escapeWhitespaces;
  // Where spaces are written U+2581, a piece with a real space cannot be met.
  const texts = escaped ? pieces.map((piece) => (piece.includes(" ") ? "" : piece.replaceAll("\u2581", " "))) : pieces;
  const byteIds = new Int32Array(256).fill(-1);
  for (const [id, piece] of pieces.entries()) {
    const hex = types[id] === pieceType.byte ? /^<0x([0-9A-F]{2})>$/.exec(piece) : null;
    if (hex) byteIds[Number.parseInt(hex[1], 16)] = id;
  }
  const unknownId = types.indexOf(pieceType.unknown);
  const hasBytes = !byteIds.includes(-1);
  if (unknownId === -1 && !hasBytes) {
    throw new FormatError(`${file}: the vocabulary of ${pieces.length} pieces has neither an unknown piece nor a piece for each byte`);
  }
  return { pieces, texts, scores, types, unknownId, byteIds: hasBytes ? byteIds : undefined };
}
