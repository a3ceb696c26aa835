// What a tokenizer.json says as a Vocabulary: byte-level BPE, and SentencePiece's BPE as these files write it, whose scores are the order of its merges.
// Lost are flags of added tokens that take white space with them, and Unicode normalization (Qwen's NFC), which GGUF has no words for.
import { FormatError, UnsupportedError } from "../../errors.ts";
import { byteToken } from "../bpe/char-bpe.ts";
import { endTokenIds } from "../end-tokens.ts";
import { wordsAsTokens } from "../gguf-tokenizer.ts";
import { booleanOf, type Field, fieldOf, isAbsent, listOf, parseJson, shownValue, stringOf } from "../json/fields.ts";
import { readPostProcessor } from "../json/post-processor.ts";
import { readPreTokenizer } from "../json/pre-tokenizer.ts";
import { readAddedToken } from "../json/tokenizer-json.ts";
import { MAX_ID, readVocab } from "../json/vocab.ts";
import { finish } from "../pauses.ts";
import { pieceType } from "../sentencepiece/sentencepiece-model.ts";
import { preTokenizer, preTokenizerNames } from "../split/pre-tokenizers.ts";
import { Spans, type Split } from "../split/split.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { probeText } from "./probe-texts.ts";
import type { PieceType, ScoredVocabulary, Vocabulary } from "./vocabulary.ts";

/**
 * @param json the text of the file
 * @param tokenizer what cria made of it and of the files beside it: they say what BOS, EOS and the ends of an answer are
 * @throws UnsupportedError for a model or a pre-tokenizer that GGUF has no name for
 */
export function jsonVocabulary(json: string, tokenizer: Tokenizer, source: string): Vocabulary {
  const root = parseJson(json, source);
  const model = fieldOf(root, "model");
  const type = fieldOf(model, "type");
  if (!isAbsent(type) && stringOf(type) !== "BPE") {
    throw new UnsupportedError(`${type.where} is ${shownValue(type.value)}: only BPE can be written as another kind of file`);
  }
  const merges = listOf(fieldOf(model, "merges")).map(pairOf);
  const { pieces, types } = readPieces(root, model);
  const { bosId, eosId, specialTokens } = tokenizer;
  const { before, after } = readPostProcessor(fieldOf(root, "post_processor"), MAX_ID);
  const told = new Set([eosId, ...endTokenIds(Array.from(specialTokens, ([text, id]) => ({ text, id })))]);
  const shared = {
    pieces,
    types,
    bosId,
    eosId,
    addBos: before.length > 0,
    addEos: after.length > 0,
    endIds: [...tokenizer.endIds].filter((id) => !told.has(id)),
  };
  const { split, byteLevel } = readPreTokenizer(fieldOf(root, "pre_tokenizer"));
  if (!byteLevel) return { ...shared, ...scored(pieces, merges) };
  const ignoreMerges = booleanOf(fieldOf(model, "ignore_merges"), false);
  return { ...shared, kind: "byte-bpe", merges, pre: nameOf(split, ignoreMerges, source) };
}

function pairOf(field: Field): readonly [string, string] {
  const parts = typeof field.value === "string" ? field.value.split(" ") : listOf(field).map(stringOf);
  if (parts.length !== 2) throw new FormatError(`${field.where} is ${shownValue(field.value)}, expected two pieces`);
  return [parts[0], parts[1]];
}

/** Ids that the file leaves out are unused. */
function readPieces(root: Field, model: Field): { pieces: string[]; types: PieceType[] } {
  const vocab = readVocab(fieldOf(model, "vocab"));
  const fallsBack = booleanOf(fieldOf(model, "byte_fallback"), false);
  const bytes = new Set(Array.from({ length: 256 }, (_, byte) => byteToken(byte)));
  const unknown = fieldOf(model, "unk_token");
  const pieces: string[] = [];
  const types: PieceType[] = [];
  const put = (id: number, piece: string, type: PieceType): void => {
    while (pieces.length < id) put(pieces.length, unusedPiece(pieces.length), pieceType.unused);
    pieces[id] = piece;
    types[id] = type;
  };
  for (const [id, piece] of vocab.entries()) {
    if (piece !== undefined) put(id, piece, fallsBack && bytes.has(piece) ? pieceType.byte : pieceType.normal);
  }
  for (const token of listOf({ value: fieldOf(root, "added_tokens").value ?? [], where: `${root.where}.added_tokens` }).map(
    readAddedToken,
  )) {
    put(token.id, token.text, token.special ? pieceType.control : pieceType.userDefined);
  }
  const unknownId = isAbsent(unknown) ? -1 : pieces.indexOf(stringOf(unknown));
  if (unknownId >= 0) types[unknownId] = pieceType.unknown;
  return { pieces, types };
}

/** As llama.cpp's converter names ids without a piece. */
export function unusedPiece(id: number): string {
  return `[PAD${id}]`;
}

/** A piece's score is the place of the first merge that gives it: published files list the merges by score. */
function scored(
  pieces: readonly string[],
  merges: Vocabulary["merges"],
): Pick<ScoredVocabulary, "kind" | "merges" | "scores" | "spacePrefix"> {
  const rank = new Map<string, number>();
  for (const [left, right] of merges) if (!rank.has(left + right)) rank.set(left + right, rank.size);
  const last = rank.size;
  return { kind: "sentencepiece", merges, scores: Float32Array.from(pieces, (piece) => -(rank.get(piece) ?? last)), spacePrefix: true };
}

/** The name of the pre-tokenizer that cuts as this does: files do not tell it, so it is seen from how a text with all kinds of edges is cut. */
function nameOf(split: Split, ignoreMerges: boolean, source: string): string {
  const cut = cutsOf(split);
  const candidates = preTokenizerNames.filter((name) => wordsAsTokens.has(name) === ignoreMerges);
  const found = candidates.find((name) => cutsOf(preTokenizer(name)) === cut);
  if (found !== undefined) return found;
  throw new UnsupportedError(
    `${source}: cuts a text into words in a way that GGUF has no name for${ignoreMerges ? ", with ignore_merges" : ""}`,
  );
}

function cutsOf(split: Split): string {
  const bytes = new TextEncoder().encode(probeText);
  const spans = new Spans();
  finish(split(bytes, 0, bytes.length, spans));
  return spans.data.subarray(0, spans.length).join(" ");
}
