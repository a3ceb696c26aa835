// cria tokenize: a text as the tokens of a model, or ids as the text that they stand for. Reads the tokenizer only, not the weights.
import * as v from "valibot";
import { UsageError } from "../errors.ts";
import { loadTokenizer } from "../tokenizer/index.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { defineCommand } from "./command.ts";
import { interruption } from "./interrupt.ts";
import { jsonFlag, modelFlag, quietFlag } from "./model-flags.ts";
import { defaultModel, placeOf } from "./open-model.ts";
import { aside, print, printJson, say } from "./terminal/output.ts";
import { printable } from "./terminal/printable.ts";
import { table } from "./terminal/table.ts";
import { showCount } from "./terminal/units.ts";
import { readText } from "./text-input.ts";

export const command = defineCommand({
  argument: { name: "TEXT or -", optional: true },
  about: `The text comes from the argument, from --file, or through a pipe. --model may also be a tokenizer alone: tokenizer.json, tokenizer.model,
tiktoken ranks, vocab.json beside merges.txt.`,
  flags: {
    ...modelFlag,
    file: { schema: v.optional(v.string()), value: "FILE", short: "f", help: "A file with the text; - is stdin" },
    special: {
      schema: v.optional(v.boolean(), false),
      help: "Read special tokens in the text (<|im_end|>) as such, and add those that the model wants around a text",
    },
    decode: { schema: v.optional(v.string()), value: "IDS", help: "The other way: the text of these ids, separated by spaces or commas" },
    ...jsonFlag,
    ...quietFlag,
  },
  examples: [
    ['tokenize --model model.gguf "Hello, world"', "ids and pieces"],
    ["tokenize --model tokenizer.json --file book.txt --json", "all ids of a file"],
    ['tokenize --model model.gguf --decode "19556 28 905"', "back to text"],
  ],
  async run({ model, file, special, decode, json, quiet }, argument) {
    if (decode !== undefined && (argument !== undefined || file !== undefined)) {
      throw new UsageError("--decode takes ids, and a text was given beside them: leave one of them out");
    }
    const ids = decode === undefined ? undefined : parseIds(decode);
    const text = ids ? undefined : await readText({ text: argument, file });
    const name = model ?? (await defaultModel());
    const tokenizer = await loadTokenizer(await placeOf(name, quiet), interruption());
    if (ids) return showText(name, tokenizer, ids, json);
    showTokens(name, tokenizer, tokenizer.encode(text!, { addSpecial: special, parseSpecial: special }), json);
  },
});

function parseIds(text: string): number[] {
  const words = text.split(/[\s,[\]]+/).filter((word) => word !== "");
  const wrong = words.find((word) => !/^\d+$/.test(word));
  if (wrong !== undefined)
    throw new UsageError(`--decode: ${JSON.stringify(wrong)} is no id: expected whole numbers, as in --decode "1 15043"`);
  return words.map(Number);
}

function showText(model: string, tokenizer: Tokenizer, ids: number[], json: boolean): void {
  const unknown = ids.find((id) => id >= tokenizer.vocabSize);
  if (unknown !== undefined) throw new UsageError(`--decode: there is no token ${unknown}, the vocabulary has ${tokenizer.vocabSize}`);
  const text = tokenizer.decode(ids);
  if (json) printJson({ model, ids, text });
  else say(`${text}\n`);
}

function showTokens(model: string, tokenizer: Tokenizer, ids: number[], json: boolean): void {
  const pieces = ids.map((id) => tokenizer.piece(id) ?? "");
  if (json) {
    printJson({ model, count: ids.length, ids, pieces });
    return;
  }
  const rows = ids.map((id, i) => [String(id), printable(pieces[i])]);
  if (rows.length > 0) print(table(rows, [0]));
  aside(`[${showCount(ids.length)} ${ids.length === 1 ? "token" : "tokens"}]`);
}
