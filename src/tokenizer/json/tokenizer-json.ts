// Hugging Face's tokenizer.json as a Tokenizer: byte-level BPE (GPT-2, Llama 3, Qwen, SmolLM), and SentencePiece's BPE (Llama 2,
// Mistral, Gemma) and unigram (T5) as these files write them. The file describes a pipeline; each part has a reader in this folder.
// Left out: training fields (dropout), padding and truncation, pairs of texts, WordPiece and WordLevel (UnsupportedError). Added
// tokens are looked for in the text as given, also those that the file marks as normalized.
// Format: https://github.com/huggingface/tokenizers (tokenizers/src/tokenizer/serialization.rs and the models beside it)

import { assembleTokenizer } from "../assemble.ts";
import { endTokenIds } from "../end-tokens.ts";
import type { LiteralToken } from "../special-tokens.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { booleanOf, type Field, fieldOf, indexOf, isAbsent, listOf, parseJson, stringOf } from "./fields.ts";
import { readModel } from "./model.ts";
import { readPostProcessor } from "./post-processor.ts";
import { MAX_ID } from "./vocab.ts";

interface TokenizerJsonOptions {
  /** The text of tokenizer_config.json, which names BOS and EOS. Without it they are guessed from the template and by their usual texts. */
  readonly config?: string;
  /** The file's name, for messages. Default "tokenizer.json". */
  readonly source?: string;
}

/**
 * Reads a tokenizer.json.
 *
 * @param json the text of the file
 * @throws FormatError for a file that contradicts itself or the format, UnsupportedError for a model, step or pattern that cria does not know
 */
export function parseTokenizerJson(json: string, { config, source = "tokenizer.json" }: TokenizerJsonOptions = {}): Tokenizer {
  const root = parseJson(json, source);
  const added = listOf({ value: fieldOf(root, "added_tokens").value ?? [], where: `${source}.added_tokens` }).map(readAddedToken);
  const allSpecial = added.filter((token) => token.special);
  const { model, unknownId } = readModel(root, new Set(allSpecial.map((token) => token.id)));
  const special = allSpecial.filter((token) => token.id !== unknownId);
  const frame = readPostProcessor(fieldOf(root, "post_processor"), MAX_ID);
  const named = config === undefined ? undefined : parseJson(config, "tokenizer_config.json");
  const idNamed = (key: string): number | undefined => {
    const text = named && configToken(fieldOf(named, key));
    return special.find((token) => token.text === text)?.id;
  };
  const usual = (...texts: string[]): number | undefined => special.find((token) => texts.includes(token.text))?.id;
  return assembleTokenizer(model, {
    special,
    unknown: allSpecial.find((token) => token.id === unknownId),
    words: added.filter((token) => !token.special),
    bosId: idNamed("bos_token") ?? (named ? undefined : (frame.before[0] ?? usual("<s>", "<|begin_of_text|>", "<bos>"))),
    eosId: idNamed("eos_token") ?? (named ? undefined : (frame.after[0] ?? usual("</s>", "<|end_of_text|>", "<eos>", "<|endoftext|>"))),
    endIds: endTokenIds(special),
    before: frame.before,
    after: frame.after,
  });
}

/** A token as added_tokens and added_tokens_decoder write it. */
export function readAddedToken(field: Field): LiteralToken & { special: boolean } {
  return {
    text: stringOf(fieldOf(field, "content")),
    id: indexOf(fieldOf(field, "id"), MAX_ID),
    special: booleanOf(fieldOf(field, "special"), false),
    lstrip: booleanOf(fieldOf(field, "lstrip"), false),
    rstrip: booleanOf(fieldOf(field, "rstrip"), false),
    singleWord: booleanOf(fieldOf(field, "single_word"), false),
  };
}

/** The text of a token in tokenizer_config.json: `"<s>"` or `{ "content": "<s>" }` or null. */
export function configToken(field: Field): string | undefined {
  if (isAbsent(field)) return undefined;
  return stringOf(typeof field.value === "string" ? field : fieldOf(field, "content"));
}
