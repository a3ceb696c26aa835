// Llama 3's tokenizer.model: tiktoken's ranks, a line for each piece with its bytes in base64 and its id, and 256 special tokens
// that stand in no file but in Meta's code (https://github.com/meta-llama/llama-models, models/llama3/tokenizer.py).

import { FormatError } from "../../errors.ts";
import { assembleTokenizer } from "../assemble.ts";
import { endTokenIds } from "../end-tokens.ts";
import { shownValue } from "../json/fields.ts";
import { preTokenizer } from "../split/pre-tokenizers.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { pieceOfByte } from "./byte-alphabet.ts";
import { createByteBpe } from "./byte-bpe.ts";

/** The largest published ranks (o200k) have 200,000 lines, and lines of 200 characters. */
const MAX_RANKS: number = 2 ** 20;
const MAX_LINE = 2000;
const SPECIAL_COUNT = 256;

const named: readonly string[] = [
  "<|begin_of_text|>",
  "<|end_of_text|>",
  "<|reserved_special_token_0|>",
  "<|reserved_special_token_1|>",
  "<|finetune_right_pad_id|>",
  "<|step_id|>",
  "<|start_header_id|>",
  "<|end_header_id|>",
  "<|eom_id|>",
  "<|eot_id|>",
  "<|python_tag|>",
  "<|image|>",
];

/** Whether a file named tokenizer.model holds tiktoken's ranks; SentencePiece's begins with a byte that is no text. */
export function isTiktoken(bytes: Uint8Array): boolean {
  return /^[A-Za-z0-9+/]+={0,2} \d+\r?(\n|$)/.test(new TextDecoder("latin1").decode(bytes.subarray(0, MAX_LINE)));
}

/**
 * Reads the tokenizer.model of Llama 3. The special tokens take the ids after the last rank; addSpecial puts <|begin_of_text|> first.
 *
 * @param source the file's name, for messages
 * @throws FormatError for a line that is not `base64 id`, ids that are not 0, 1, 2 ..., or a byte without an id
 */
export function parseTiktoken(bytes: Uint8Array, source = "tokenizer.model"): Tokenizer {
  const vocab = readRanks(new TextDecoder("latin1").decode(bytes), source);
  const special = Array.from({ length: SPECIAL_COUNT }, (_, i) => ({
    text: named[i] ?? `<|reserved_special_token_${i - named.length + 2}|>`,
    id: vocab.length + i,
  }));
  const [bos, eos] = special;
  return assembleTokenizer(createByteBpe({ vocab, merges: "by-id", split: preTokenizer("llama-bpe"), ignoreMerges: true, source }), {
    special,
    bosId: bos.id,
    eosId: eos.id,
    endIds: endTokenIds(special),
    before: [bos.id],
  });
}

function readRanks(text: string, source: string): string[] {
  const vocab: string[] = [];
  const seen = new Set<string>();
  let line = 0;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    const [, base64, id] = (end - start <= MAX_LINE && /^([A-Za-z0-9+/]+={0,2}) (\d+)\r?$/.exec(text.slice(start, end))) || [];
    line++;
    if (base64 === undefined || base64.length % 4 !== 0)
      throw new FormatError(
        `${source}: line ${line} is ${shownValue(text.slice(start, Math.min(end, start + 60)))}, expected bytes in base64 and an id`,
      );
    if (Number(id) !== vocab.length)
      throw new FormatError(`${source}: line ${line} has the id ${id}, expected ${vocab.length}: ids must be 0, 1, 2 and so on`);
    if (vocab.length === MAX_RANKS) throw new FormatError(`${source} has more than ${MAX_RANKS} lines`);
    let piece = "";
    for (const char of atob(base64)) piece += pieceOfByte(char.charCodeAt(0));
    if (seen.has(piece)) throw new FormatError(`${source}: line ${line} repeats the bytes of an earlier line, ${base64}`);
    seen.add(piece);
    vocab.push(piece);
    start = end + 1;
  }
  for (let byte = 0; byte < 256; byte++) {
    if (!seen.has(pieceOfByte(byte))) throw new FormatError(`${source} has no line for the byte ${byte}, expected all 256`);
  }
  return vocab;
}
