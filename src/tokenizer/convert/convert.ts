// A tokenizer out of one kind of file into another: tokenizer.json as the metadata of a GGUF file, and back. Each is read again and must give the ids that
// the original gives for a text with all kinds of edges.
import { UnsupportedError, UsageError } from "../../errors.ts";
import type { GgufValue } from "../../formats/gguf/metadata.ts";
import { createGgufTokenizer, readGgufVocabulary } from "../gguf-tokenizer.ts";
import { parseTokenizerJson } from "../json/tokenizer-json.ts";
import { pieceType } from "../sentencepiece/sentencepiece-model.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { ggufTokenizerMetadata } from "../training/gguf-metadata.ts";
import { writeTokenizerConfig, writeTokenizerJson } from "../training/write-tokenizer-json.ts";
import { jsonVocabulary, unusedPiece } from "./json-vocabulary.ts";
import { probeText } from "./probe-texts.ts";
import type { PieceType, Vocabulary } from "./vocabulary.ts";

export interface JsonTokenizer {
  /** The text of tokenizer.json. */
  readonly json: string;
  /** What loadTokenizer() made of it and of the files beside it. */
  readonly tokenizer: Tokenizer;
  /** The file's name, for messages. */
  readonly source: string;
}

/**
 * tokenizer.json as what a GGUF file says of its tokenizer.
 *
 * @param vocabSize rows of the model's embeddings: a GGUF has a piece for each
 * @param chatTemplate in Jinja; none without it
 * @throws UnsupportedError for a tokenizer that GGUF cannot express, UsageError for one with more pieces than the model has rows
 */
export function jsonToGguf({ json, tokenizer, source }: JsonTokenizer, vocabSize: number, chatTemplate?: string): Map<string, GgufValue> {
  const vocabulary = withRows(jsonVocabulary(json, tokenizer, source), vocabSize, source);
  const forms = vocabulary.kind === "byte-bpe" ? [vocabulary] : [vocabulary, { ...vocabulary, spacePrefix: false }];
  const written = forms.map((form) => ggufTokenizerMetadata(form, chatTemplate));
  return sameIds(tokenizer, written, (metadata) => createGgufTokenizer(metadata, source), `${source}: as the tokenizer of a GGUF file`);
}

/** Rows beyond the vocabulary are padding, as most models have some. */
function withRows(vocabulary: Vocabulary, rows: number, source: string): Vocabulary {
  const { length } = vocabulary.pieces;
  if (length > rows) {
    throw new UsageError(
      `${source}: has ${length} pieces, the model's embeddings only ${rows} rows: the tokenizer belongs to another model`,
    );
  }
  const padding = Array.from({ length: rows - length }, (_, i) => unusedPiece(length + i));
  const padded = {
    pieces: [...vocabulary.pieces, ...padding],
    types: [...vocabulary.types, ...padding.map((): PieceType => pieceType.unused)],
  };
  if (vocabulary.kind === "byte-bpe") return { ...vocabulary, ...padded };
  const scores = new Float32Array(rows);
  scores.set(vocabulary.scores);
  return { ...vocabulary, ...padded, scores };
}

/**
 * The tokenizer of a GGUF file as tokenizer.json and tokenizer_config.json, by their names.
 *
 * @param file its name, for messages
 * @param chatTemplate in Jinja; none without it
 * @throws UnsupportedError for a tokenizer that is neither byte-level BPE nor SentencePiece's BPE
 */
export function ggufToJson(metadata: ReadonlyMap<string, GgufValue>, file: string, chatTemplate?: string): Map<string, string> {
  const vocabulary = ggufVocabulary(metadata, file);
  const config = writeTokenizerConfig(vocabulary, chatTemplate);
  const read = (json: string): Tokenizer => parseTokenizerJson(json, { config });
  const json = sameIds(
    createGgufTokenizer(metadata, file),
    [writeTokenizerJson(vocabulary)],
    read,
    `${file}: its tokenizer as tokenizer.json`,
  );
  return new Map([
    ["tokenizer.json", json],
    ["tokenizer_config.json", config],
  ]);
}

function ggufVocabulary(metadata: ReadonlyMap<string, GgufValue>, file: string): Vocabulary {
  const { algorithm, tokens, types, pre, metadata: get, ...ends } = readGgufVocabulary(metadata, file);
  const shared = { ...ends, pieces: tokens, types: types as readonly PieceType[] };
  switch (algorithm) {
    case "gpt2": {
      const merges = get.strings("tokenizer.ggml.merges").map((merge): [string, string] => {
        const [left, right] = merge.split(" ");
        return [left, right];
      });
      return { ...shared, kind: "byte-bpe", pre, merges };
    }
    case "llama": {
      const scores = Float32Array.from(get.numbers("tokenizer.ggml.scores"));
      return { ...shared, kind: "sentencepiece", scores, merges: [], spacePrefix: get.boolean("tokenizer.ggml.add_space_prefix", true) };
    }
    default:
      throw new UnsupportedError(`${file}: a tokenizer of kind ${algorithm} (unigram) cannot be written as tokenizer.json`);
  }
}

/** The first of `written` that, read again, is the same tokenizer. */
function sameIds<W>(original: Tokenizer, written: readonly W[], read: (written: W) => Tokenizer, what: string): W {
  const texts = [probeText, ` ${probeText}`, [...original.specialTokens.keys()].slice(0, 100).join(" a"), ""];
  const idsOf = (tokenizer: Tokenizer): string =>
    texts.map((text) => tokenizer.encode(text, { addSpecial: true, parseSpecial: text !== probeText }).join(" ")).join("\n");
  const expected = idsOf(original);
  const same = written.find((candidate) => idsOf(read(candidate)) === expected);
  if (same !== undefined) return same;
  throw new UnsupportedError(`${what} it would cut texts otherwise: this tokenizer.json has steps that cannot be carried over`);
}
