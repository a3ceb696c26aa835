// The decoder of a tokenizer.json: what a piece stands for in UTF-8. Pieces are decoded one by one, as a stream needs it.

import { UnsupportedError } from "../../errors.ts";
import { bytesOfPiece } from "../bpe/byte-alphabet.ts";
import { type Field, fieldOf, indexOf, isAbsent, shownValue, stringOf } from "./fields.ts";
import { readReplace } from "./normalizer.ts";
import { metaspaceScheme } from "./pre-tokenizer.ts";
import { stepsOf } from "./steps.ts";

interface PieceDecoder {
  readonly pieceBytes: (piece: string) => Uint8Array;
  readonly dropsLeadingSpace: boolean;
}

export function readDecoder(field: Field): PieceDecoder {
  const encoder = new TextEncoder();
  const rewrites: ((piece: string) => string)[] = [];
  let byteLevel = false;
  let byteFallback = false;
  let dropsLeadingSpace = false;
  for (const step of stepsOf(field, "decoders")) {
    if (step.type === "ByteLevel") byteLevel = true;
    else if (step.type === "ByteFallback") byteFallback = true;
    else if (step.type === "Replace") rewrites.push(readReplace(step.field));
    else if (step.type === "Metaspace") {
      const blank = isAbsent(fieldOf(step.field, "replacement")) ? "\u2581" : stringOf(fieldOf(step.field, "replacement"));
      rewrites.push((piece) => piece.split(blank).join(" "));
      dropsLeadingSpace ||= metaspaceScheme(step.field) !== "never";
    } else if (step.type === "Strip") dropsLeadingSpace = readStrip(step.field);
    else if (step.type !== "Fuse") throw new UnsupportedError(`${step.field.where} is a ${step.type}, which cria does not know`);
  }
  return {
    dropsLeadingSpace,
    pieceBytes(piece) {
      const byte = byteFallback ? /^<0x([0-9A-F]{2})>$/.exec(piece) : null;
      if (byte) return Uint8Array.of(Number.parseInt(byte[1], 16));
      const text = rewrites.reduce((result, rewrite) => rewrite(result), piece);
      return (byteLevel ? bytesOfPiece(text) : undefined) ?? encoder.encode(text);
    },
  };
}

// The one Strip that is in use takes one space from the start of the whole text.
function readStrip(field: Field): boolean {
  const content = stringOf(fieldOf(field, "content"));
  const start = indexOf(fieldOf(field, "start"), 1000);
  const stop = indexOf(fieldOf(field, "stop"), 1000);
  if (content === " " && start <= 1 && stop === 0) return start === 1;
  throw new UnsupportedError(`${field.where} strips ${start} and ${stop} times ${shownValue(content)}; cria takes one leading space only`);
}
