// The model of a tokenizer.json with the steps around it, as a TextModel.

import { FormatError, UnsupportedError } from "../../errors.ts";
import { idsOfPieces } from "../bpe/bpe.ts";
import { createByteBpe } from "../bpe/byte-bpe.ts";
import { byteToken, createCharBpe, UNKNOWN_SURFACE } from "../bpe/char-bpe.ts";
import { pieceType } from "../sentencepiece/sentencepiece-model.ts";
import { unigram } from "../sentencepiece/unigram.ts";
import { Spans, type Split } from "../split/split.ts";
import type { TextModel } from "../text-model.ts";
import { readDecoder } from "./decoder.ts";
import { booleanOf, type Field, fieldOf, indexOf, isAbsent, listOf, shownValue, stringOf } from "./fields.ts";
import { inTurn, type Normalize, readNormalizer } from "./normalizer.ts";
import { readPreTokenizer } from "./pre-tokenizer.ts";
import { MAX_ID, readVocab } from "./vocab.ts";

interface JsonModel {
  readonly model: TextModel;
  /** The id of what the vocabulary lacks; undefined where nothing is unknown. */
  readonly unknownId?: number;
}

interface Steps {
  readonly normalize: Normalize | undefined;
  readonly split: Split;
  readonly byteLevel: boolean;
}

/**
 * @param root the whole file
 * @param special ids of special tokens: a text that is not parsed for them must not meet them as pieces either
 * @throws FormatError if a part is malformed, UnsupportedError for a part that cria does not know
 */
export function readModel(root: Field, special: ReadonlySet<number>): JsonModel {
  const model = fieldOf(root, "model");
  const normalizer = readNormalizer(fieldOf(root, "normalizer"));
  const preTokenizer = readPreTokenizer(fieldOf(root, "pre_tokenizer"));
  const steps = { ...preTokenizer, normalize: inTurn([...(normalizer ? [normalizer] : []), ...preTokenizer.normalize]) };
  const type = fieldOf(model, "type");
  // Files of before 2020 leave the type out; only BPE has merges.
  const name = isAbsent(type) && !isAbsent(fieldOf(model, "merges")) ? "BPE" : stringOf(type);
  if (name === "BPE") return readBpe(root, model, steps);
  if (name === "Unigram") return readUnigram(root, model, steps, special);
  throw new UnsupportedError(`${type.where} is ${shownValue(name)}; cria reads BPE and Unigram`);
}

function readBpe(root: Field, model: Field, { normalize, split, byteLevel }: Steps): JsonModel {
  for (const key of ["continuing_subword_prefix", "end_of_word_suffix"]) {
    const affix = fieldOf(model, key);
    if (!isAbsent(affix) && stringOf(affix) !== "") {
      throw new UnsupportedError(`${affix.where} is ${shownValue(affix.value)}; cria reads files without`);
    }
  }
  const vocab = readVocab(fieldOf(model, "vocab"));
  const merges = fieldOf(model, "merges");
  const parts = {
    vocab,
    merges: listOf(merges).map(({ value }) => value),
    split,
    normalize,
    ignoreMerges: booleanOf(fieldOf(model, "ignore_merges"), false),
    source: merges.where,
  };
  if (byteLevel) return { model: createByteBpe(parts) };
  const unknown = fieldOf(model, "unk_token");
  const unknownId = isAbsent(unknown) ? undefined : vocab.indexOf(stringOf(unknown));
  if (unknownId === -1) throw new FormatError(`${unknown.where} is ${shownValue(unknown.value)}, which the vocabulary does not have`);
  const charBpe = createCharBpe({
    ...parts,
    ...readDecoder(fieldOf(root, "decoder")),
    byteFallback: booleanOf(fieldOf(model, "byte_fallback"), false),
    fuseUnknown: booleanOf(fieldOf(model, "fuse_unk"), false),
    unknownId,
  });
  return { model: charBpe, unknownId };
}

// The vocabulary is a list of [piece, score]; unknown characters in a row are one token.
function readUnigram(root: Field, model: Field, { normalize, split, byteLevel }: Steps, special: ReadonlySet<number>): JsonModel {
  if (byteLevel) throw new UnsupportedError(`${model.where} is a Unigram over bytes, which cria does not do`);
  const { pieces, scores } = readScores(fieldOf(model, "vocab"));
  const unknown = fieldOf(model, "unk_id");
  const unknownId = isAbsent(unknown) ? undefined : indexOf(unknown, pieces.length - 1);
  const idOf = idsOfPieces(pieces);
  const byteIds = Int32Array.from({ length: 256 }, (_, byte) => idOf.get(byteToken(byte)) ?? -1);
  const fallsBack = booleanOf(fieldOf(model, "byte_fallback"), false) && !byteIds.includes(-1);
  const byteSet = new Set(byteIds);
  if (unknownId === undefined && !fallsBack)
    throw new FormatError(`${unknown.where} is missing, expected the id of what the vocabulary lacks`);
  const encodeWord = unigram({
    pieces,
    texts: pieces,
    scores,
    types: pieces.map((_, id) => {
      if (id === unknownId) return pieceType.unknown;
      if (special.has(id)) return pieceType.control;
      return fallsBack && byteSet.has(id) ? pieceType.byte : pieceType.normal;
    }),
    unknownId: unknownId ?? -1,
    byteIds: fallsBack ? byteIds : undefined,
  });
  const { pieceBytes, dropsLeadingSpace } = readDecoder(fieldOf(root, "decoder"));
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const textModel: TextModel = {
    vocabSize: pieces.length,
    dropsLeadingSpace,
    piece: (id) => pieces[id],
    bytes(id) {
      if (id === unknownId) return encoder.encode(UNKNOWN_SURFACE);
      return pieces[id] === undefined ? undefined : pieceBytes(pieces[id]);
    },
    *encode(text, out, first) {
      const bytes = encoder.encode(normalize ? normalize(text, first) : text);
      const spans = new Spans();
      yield* split(bytes, 0, bytes.length, spans);
      for (let i = 0; i < spans.length; i += 2) {
        const ids: number[] = [];
        yield* encodeWord(decoder.decode(bytes.subarray(spans.data[i], spans.data[i + 1])), ids);
        for (const [j, id] of ids.entries()) if (id !== unknownId || ids[j - 1] !== unknownId) out.push(id);
      }
    },
  };
  return { model: textModel, unknownId };
}

function readScores(field: Field): { pieces: string[]; scores: Float32Array } {
  const entries = listOf(field);
  if (entries.length > MAX_ID) throw new FormatError(`${field.where} has ${entries.length} entries, expected ${MAX_ID} at most`);
  const scores = new Float32Array(entries.length);
  const pieces = entries.map((entry, id) => {
    const [piece, score] = listOf(entry);
    if (piece === undefined || typeof score?.value !== "number") {
      throw new FormatError(`${entry.where} is ${shownValue(entry.value)}, expected a piece and its score`);
    }
    scores[id] = score.value;
    return stringOf(piece);
  });
  return { pieces, scores };
}
