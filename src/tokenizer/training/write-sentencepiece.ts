// A trained vocabulary as SentencePiece's tokenizer.model: the ModelProto message of
// https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto. What is the default there is not written.

import { ByteWriter } from "../../formats/byte-writer.ts";
import type { SentencePieceVocabulary } from "./vocabulary.ts";

const VARINT = 0;
const LENGTH = 2;
const FIXED32 = 5;
const BPE = 2;

/** The bytes of tokenizer.model. */
export function writeSentencePiece({ pieces, scores, types, bosId, eosId }: SentencePieceVocabulary): Uint8Array {
  const model = new ByteWriter();
  for (const [id, piece] of pieces.entries()) {
    message(model, 1, (entry) => {
      text(entry, 1, piece);
      tag(entry, 2, FIXED32);
      const { view, offset } = entry.take(4);
      view.setFloat32(offset, scores[id], true);
      integer(entry, 3, types[id]);
    });
  }
  message(model, 2, (trainer) => {
    integer(trainer, 3, BPE);
    integer(trainer, 4, pieces.length);
    integer(trainer, 25, 1); // split_digits
    integer(trainer, 26, 1); // allow_whitespace_only_pieces
    integer(trainer, 35, 1); // byte_fallback
    integer(trainer, 41, bosId);
    integer(trainer, 42, eosId);
    text(trainer, 46, pieces[bosId]);
    text(trainer, 47, pieces[eosId]);
  });
  message(model, 3, (normalizer) => {
    text(normalizer, 1, "identity");
    integer(normalizer, 3, 1); // add_dummy_prefix
    integer(normalizer, 4, 0); // remove_extra_whitespaces
    integer(normalizer, 5, 1); // escape_whitespaces
  });
  return model.finish().slice();
}

function tag(writer: ByteWriter, field: number, wireType: number): void {
  varint(writer, field * 8 + wireType);
}

/** A number below 2^31. */
function varint(writer: ByteWriter, value: number): void {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) {
      bytes.push(rest);
      break;
    }
    bytes.push((rest & 0x7f) | 0x80);
  }
  writer.bytes(Uint8Array.from(bytes));
}

function integer(writer: ByteWriter, field: number, value: number): void {
  tag(writer, field, VARINT);
  varint(writer, value);
}

function text(writer: ByteWriter, field: number, value: string): void {
  const bytes = new TextEncoder().encode(value);
  tag(writer, field, LENGTH);
  varint(writer, bytes.length);
  writer.bytes(bytes);
}

/** `fill` writes the fields of a message inside the message. */
function message(writer: ByteWriter, field: number, fill: (inner: ByteWriter) => void): void {
  const inner = new ByteWriter();
  fill(inner);
  const bytes = inner.finish();
  tag(writer, field, LENGTH);
  varint(writer, bytes.length);
  writer.bytes(bytes);
}
