// Opens whatever holds a tokenizer. The content decides what it is, so a renamed file works too; only vocab.json is known by its name.
import { fileName } from "../formats/file-name.ts";
import { fileInFolder } from "../formats/file-source.ts";
import { openGguf } from "../formats/gguf/open.ts";
import { openSource, type SourceLike } from "../formats/open-source.ts";
import { decodeUtf8, readWhole } from "../formats/read-whole.ts";
import { type ByteSource, optionalSibling } from "../formats/source.ts";
import { isTiktoken, parseTiktoken } from "./bpe/tiktoken.ts";
import { parseVocabMerges } from "./bpe/vocab-merges.ts";
import { createGgufTokenizer } from "./gguf-tokenizer.ts";
import { parseTokenizerJson } from "./json/tokenizer-json.ts";
import { parseSentencePiece } from "./sentencepiece/sentencepiece.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { readEosIds, readTokenizerConfig } from "./tokenizer-config.ts";

/** What a folder may hold, the most complete first. */
export const tokenizerFiles: readonly string[] = ["tokenizer.json", "tokenizer.model", "vocab.json"];

/** These files are read whole. The largest known, Gemma 3's tokenizer.json, has 33 MB. */
export const MAX_BYTES: number = 128 * 1024 * 1024;

/**
 * Opens a tokenizer: tokenizer.json, tokenizer.model (SentencePiece's or tiktoken's), vocab.json with merges.txt beside it, a GGUF file, or a
 * folder with one of the first three. tokenizer_config.json, generation_config.json and config.json beside a file (not beside a Blob or a GGUF file)
 * tell its special tokens and which ids end an answer.
 *
 * @throws UsageError if there is no such file, FormatError if it is damaged, UnsupportedError for kinds of tokenizers that cria does not have
 */
export async function loadTokenizer(source: SourceLike, signal?: AbortSignal): Promise<Tokenizer> {
  const file = await openSource(typeof source === "string" ? await fileInFolder(source, tokenizerFiles) : source, signal);
  try {
    return await readTokenizer(file, signal);
  } finally {
    await file.close();
  }
}

async function readTokenizer(file: ByteSource, signal?: AbortSignal): Promise<Tokenizer> {
  const magic = await file.read(0, Math.min(4, file.size), signal);
  if (latin1(magic) === "GGUF") {
    const gguf = await openGguf(file, signal);
    await gguf.close(); // the metadata is in memory
    return createGgufTokenizer(gguf.metadata, file.name);
  }
  const bytes = await readWhole(file, MAX_BYTES, signal);
  const config = await textBeside(file, "tokenizer_config.json", signal);
  const tokenizer = await parse(file, bytes, config, signal);

  const endIds = new Set(tokenizer.endIds);
  for (const name of ["generation_config.json", "config.json"]) {
    const json = await textBeside(file, name, signal);
    for (const id of json === undefined ? [] : readEosIds(json, name)) endIds.add(id);
  }
  return { ...tokenizer, endIds };
}

async function parse(file: ByteSource, bytes: Uint8Array, config: string | undefined, signal?: AbortSignal): Promise<Tokenizer> {
  if (isTiktoken(bytes)) return parseTiktoken(bytes, file.name);
  if (!latin1(bytes.subarray(0, 64)).trimStart().startsWith("{")) return parseSentencePiece(bytes, file.name, { config });
  const json = decodeUtf8(bytes, file.name);
  if (fileName(file.name) !== "vocab.json") return parseTokenizerJson(json, { config, source: file.name });
  const merges = await file.sibling("merges.txt", signal);
  try {
    const special = readTokenizerConfig(config).added.filter((token) => token.special);
    const names = special.length > 0 ? special.map((token) => token.text) : undefined;
    return parseVocabMerges(json, decodeUtf8(await readWhole(merges, MAX_BYTES, signal), merges.name), { special: names });
  } finally {
    await merges.close();
  }
}

/** The text of a file beside this one; undefined if there is none. */
async function textBeside(file: ByteSource, name: string, signal?: AbortSignal): Promise<string | undefined> {
  const beside = await optionalSibling(file, name, signal);
  if (beside === undefined) return undefined;
  try {
    return decodeUtf8(await readWhole(beside, MAX_BYTES, signal), beside.name);
  } finally {
    await beside.close();
  }
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
