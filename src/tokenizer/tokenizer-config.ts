// What lies beside a tokenizer in a Hugging Face folder: tokenizer_config.json says which tokens are special, generation_config.json and
// config.json which ids end an answer.
import { booleanOf, entriesOf, type Field, fieldOf, indexOf, isAbsent, parseJson } from "./json/fields.ts";
import { configToken, readAddedToken } from "./json/tokenizer-json.ts";
import { MAX_ID } from "./json/vocab.ts";
import type { LiteralToken } from "./special-tokens.ts";

export interface TokenizerConfig {
  readonly bos?: string;
  readonly eos?: string;
  readonly addBos?: boolean;
  readonly addEos?: boolean;
  readonly added: readonly (LiteralToken & { special: boolean })[];
}

/** @param json the text of tokenizer_config.json, undefined if there is none @throws FormatError if it is malformed */
export function readTokenizerConfig(json: string | undefined): TokenizerConfig {
  if (json === undefined) return { added: [] };
  const root = parseJson(json, "tokenizer_config.json");
  const optional = (key: string): boolean | undefined => {
    const field = fieldOf(root, key);
    return isAbsent(field) ? undefined : booleanOf(field, false);
  };
  const decoder = fieldOf(root, "added_tokens_decoder");
  return {
    bos: configToken(fieldOf(root, "bos_token")),
    eos: configToken(fieldOf(root, "eos_token")),
    addBos: optional("add_bos_token"),
    addEos: optional("add_eos_token"),
    added: isAbsent(decoder)
      ? []
      : entriesOf(decoder).map(([id, value]) => readDecoderEntry(id, { value, where: `${decoder.where}["${id}"]` })),
  };
}

/** added_tokens_decoder has ids as keys, where added_tokens has them as fields. */
function readDecoderEntry(id: string, entry: Field): LiteralToken & { special: boolean } {
  return readAddedToken({ value: { ...Object.fromEntries(entriesOf(entry)), id: Number(id) }, where: entry.where });
}

/**
 * eos_token_id of a generation_config.json or config.json: a number, a list, or nothing.
 *
 * @throws FormatError if it is something else
 */
export function readEosIds(json: string, source: string): number[] {
  const field = fieldOf(parseJson(json, source), "eos_token_id");
  if (isAbsent(field)) return [];
  return [field.value].flat().map((value) => indexOf({ value, where: field.where }, MAX_ID));
}
