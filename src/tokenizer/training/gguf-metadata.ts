// A trained vocabulary as the metadata of a GGUF file (tokenizer.ggml.*), as llama.cpp and gguf-tokenizer.ts read them.

import type { GgufValue } from "../../formats/gguf/metadata.ts";
import { namedSplits } from "./named-splits.ts";
import type { TrainedVocabulary } from "./vocabulary.ts";

const text = (value: string): GgufValue => ({ type: "string", value });
const flag = (value: boolean): GgufValue => ({ type: "bool", value });
const id = (value: number): GgufValue => ({ type: "uint32", value });

/**
 * What a GGUF file needs of its tokenizer: exportGguf() takes it as metadata.
 *
 * @param chatTemplate in Jinja; none without it
 */
export function ggufTokenizerMetadata(vocabulary: TrainedVocabulary, chatTemplate?: string): Map<string, GgufValue> {
  const { kind, pieces, types, bosId, eosId } = vocabulary;
  const algorithm: [string, GgufValue][] =
    kind === "byte-bpe"
      ? [
          ["tokenizer.ggml.model", text("gpt2")],
          ["tokenizer.ggml.pre", text(namedSplits[vocabulary.split].pre)],
          ["tokenizer.ggml.merges", { type: "array", of: "string", value: vocabulary.merges.map(([left, right]) => `${left} ${right}`) }],
        ]
      : [
          ["tokenizer.ggml.model", text("llama")],
          ["tokenizer.ggml.pre", text("default")],
          ["tokenizer.ggml.scores", { type: "array", of: "float32", value: [...vocabulary.scores] }],
          ["tokenizer.ggml.unknown_token_id", id(0)],
          ["tokenizer.ggml.add_space_prefix", flag(true)],
        ];
  return new Map([
    ...algorithm,
    ["tokenizer.ggml.tokens", { type: "array", of: "string", value: pieces }],
    ["tokenizer.ggml.token_type", { type: "array", of: "int32", value: types }],
    ["tokenizer.ggml.bos_token_id", id(bosId)],
    ["tokenizer.ggml.eos_token_id", id(eosId)],
    ["tokenizer.ggml.add_bos_token", flag(true)],
    ["tokenizer.ggml.add_eos_token", flag(false)],
    ...(chatTemplate === undefined ? [] : [["tokenizer.chat_template", text(chatTemplate)] as const]),
  ]);
}
