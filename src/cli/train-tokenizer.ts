// cria train-tokenizer: texts in, a folder with a tokenizer out, in the forms that other programs read too.
import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { parse as parseTemplate } from "../chat/jinja/parser.ts";
import { UsageError } from "../errors.ts";
import { showBytes } from "../hub/repo-models.ts";
import { type TrainedTokenizer, trainTokenizer } from "../tokenizer/index.ts";
import { splitNames } from "../tokenizer/training/named-splits.ts";
import { tokenizerFileNames, writeTokenizerFiles } from "../tokenizer/training/tokenizer-files.ts";
import { readable, type SkippedFile } from "../train/data/find-files.ts";
import { defineCommand } from "./command.ts";
import { skippedFilesLine } from "./data/report-table.ts";
import { whole } from "./flags.ts";
import { interruption } from "./interrupt.ts";
import { jsonFlag, quietFlag } from "./model-flags.ts";
import { prepareFolder } from "./output-folder.ts";
import { aside, print, printJson } from "./terminal/output.ts";
import { createProgress } from "./terminal/progress.ts";
import { showCount } from "./terminal/units.ts";
import { findTexts } from "./train-tokenizer/texts.ts";

export const command = defineCommand({
  argument: { name: "SOURCE", optional: false, many: true },
  about: `A SOURCE is a file, a folder with all that is in it, a pattern in quotes ("books/**/*.txt"), or - for a pipe. Read are
${readable}; the rest is named in the report. Memory grows
with the number of different words only.

byte-bpe        as in GPT-2 and Llama 3: merges start from bytes, --split says what a word is
sentencepiece   as in Llama 1 and 2: merges start from characters, rare ones become bytes, digits stay alone

DIR gets tokenizer.json and tokenizer_config.json (Hugging Face), tokenizer.gguf (the tokenizer alone, for llama.cpp) and, for sentencepiece,
tokenizer.model. Special tokens count among the entries and take the last ids; nothing is learned of them where they stand in the text.

A run that was ended, by Ctrl-C too, leaves nothing behind.`,
  flags: {
    vocabSize: { schema: whole(1), value: "N", help: "Entries of the vocabulary, special tokens counted" },
    out: { schema: v.string(), value: "DIR", short: "o", help: "The folder of the result" },
    kind: { schema: v.optional(v.picklist(["byte-bpe", "sentencepiece"]), "byte-bpe"), value: "KIND", help: "The algorithm" },
    split: {
      schema: v.optional(v.picklist(splitNames)),
      value: "NAME",
      help: "byte-bpe: whose words; without it, llama3",
    },
    characterCoverage: {
      schema: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1))),
      value: "P",
      help: "sentencepiece: the part of the text whose characters get entries; without it, 0.99995",
    },
    special: {
      schema: v.optional(v.array(v.string()), []),
      value: "TOKEN",
      help: "A special token, as <|im_start|>; may be given several times",
    },
    bos: { schema: v.optional(v.string()), value: "TOKEN", help: "What begins a text; without it, <|begin_of_text|> or <s>" },
    eos: { schema: v.optional(v.string()), value: "TOKEN", help: "What ends a text; without it, <|end_of_text|> or </s>" },
    chatTemplate: { schema: v.optional(v.string()), value: "FILE", help: "A chat template in Jinja, to go into the files" },
    field: {
      schema: v.optional(v.string()),
      value: "NAME",
      help: "Field or column that has the text, in JSONL and Parquet; without it, text; with it, - is JSONL",
    },
    force: { schema: v.optional(v.boolean(), false), help: "Replace a tokenizer that is in DIR already" },
    ...jsonFlag,
    ...quietFlag,
  },
  examples: [
    ["train-tokenizer stories/ --vocab-size 4096 --out my-tokenizer", "as Llama 3's, but small"],
    ['train-tokenizer "books/*.txt" b.txt.gz --vocab-size 8000 --kind sentencepiece -o tok', "as Llama 2's"],
    ["train-tokenizer chats.jsonl --field content --special '<|im_start|>' --special '<|im_end|>' --vocab-size 4096 -o tok", "for chats"],
    ['tokenize --model my-tokenizer "Once upon a time"', "to see what came out"],
  ],
  async run({ out, field, chatTemplate, force, json, quiet, ...options }, _, sources) {
    const start = performance.now();
    const signal = interruption();
    const template = chatTemplate === undefined ? undefined : await readTemplate(chatTemplate);
    const texts = await findTexts(sources, { field, signal });
    const folder = await prepareFolder(out, tokenizerFileNames, force);
    const reading = createProgress("reading", showBytes, quiet);
    const learning = createProgress("learning", (entries) => `${showCount(Math.round(entries))} entries`, quiet);
    try {
      const total = texts.files.reduce((sum, { bytes }) => sum + bytes, 0);
      let read = 0;
      const onBytes = (bytes: number): void => {
        read += bytes;
        if (total > 0) reading.update(Math.min(read, total), total);
      };
      const onProgress = (learned: number, wanted: number): void => {
        reading.end();
        learning.update(learned, wanted);
      };
      const trained = await trainTokenizer(texts.documents(onBytes), { ...options, onProgress, signal });
      const files = await writeTokenizerFiles(trained.vocabulary, template);
      await folder.commit(files);
      learning.end();
      report({ out, files: [...files.keys()], skipped: texts.skipped, seconds: (performance.now() - start) / 1000 }, trained, json);
    } finally {
      reading.end();
      learning.end();
      await folder.abandon();
    }
  },
});

async function readTemplate(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") throw new UsageError(`${path}: there is no such file: --chat-template names a file with the template`);
    throw new UsageError(`${path}: cannot be read: ${cause.message}`, { cause });
  });
  const template = textOf(bytes, path);
  parseTemplate(template);
  return template;
}

function textOf(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${path}: is not a text in UTF-8: --chat-template names a file with a Jinja template`);
  }
}

interface Made {
  readonly out: string;
  readonly files: readonly string[];
  readonly skipped: readonly SkippedFile[];
  readonly seconds: number;
}

function report(
  { out, files, skipped, seconds }: Made,
  { vocabulary, tokenizer, bytes, words, tokens }: TrainedTokenizer,
  json: boolean,
): void {
  const bytesPerToken = tokens === 0 ? null : bytes / tokens;
  if (json) {
    printJson({
      out,
      files,
      kind: vocabulary.kind,
      split: vocabulary.kind === "byte-bpe" ? vocabulary.split : null,
      vocab_size: tokenizer.vocabSize,
      merges: vocabulary.merges.length,
      special_tokens: Object.fromEntries(tokenizer.specialTokens),
      bos: tokenizer.bosId,
      eos: tokenizer.eosId,
      text_bytes: bytes,
      different_words: words,
      tokens,
      bytes_per_token: bytesPerToken,
      skipped_files: skipped,
      seconds,
    });
    return;
  }
  if (skipped.length > 0) print(skippedFilesLine(skipped));
  const measure = bytesPerToken === null ? "" : `; on these ${showBytes(bytes)}, ${bytesPerToken.toFixed(2)} bytes a token`;
  print(`${out}: ${showCount(tokenizer.vocabSize)} entries, ${showCount(vocabulary.merges.length)} merges${measure}`);
  aside(`try it: cria tokenize --model ${out} "Once upon a time"`);
}
