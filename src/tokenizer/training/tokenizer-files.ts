// A trained vocabulary in the files that other programs read.
import { collectBytes, writeGguf } from "../../formats/index.ts";
import { ggufTokenizerMetadata } from "./gguf-metadata.ts";
import type { TrainedVocabulary } from "./vocabulary.ts";
import { writeSentencePiece } from "./write-sentencepiece.ts";
import { writeTokenizerConfig, writeTokenizerJson } from "./write-tokenizer-json.ts";

/** All that may come of it. */
export const tokenizerFileNames = ["tokenizer.json", "tokenizer_config.json", "tokenizer.gguf", "tokenizer.model"] as const;

/**
 * tokenizer.json and tokenizer_config.json (Hugging Face), tokenizer.gguf (the tokenizer alone, for llama.cpp) and, for sentencepiece, tokenizer.model.
 *
 * @param chatTemplate in Jinja; none without it
 */
export async function writeTokenizerFiles(vocabulary: TrainedVocabulary, chatTemplate?: string): Promise<Map<string, string | Uint8Array>> {
  const metadata = new Map([
    ["general.architecture", { type: "string", value: "llama" } as const],
    ...ggufTokenizerMetadata(vocabulary, chatTemplate),
  ]);
  const files = new Map<(typeof tokenizerFileNames)[number], string | Uint8Array>([
    ["tokenizer.json", writeTokenizerJson(vocabulary)],
    ["tokenizer_config.json", writeTokenizerConfig(vocabulary, chatTemplate)],
    ["tokenizer.gguf", await collectBytes(writeGguf({ metadata, tensors: [] }))],
  ]);
  if (vocabulary.kind === "sentencepiece") files.set("tokenizer.model", writeSentencePiece(vocabulary));
  return files;
}
