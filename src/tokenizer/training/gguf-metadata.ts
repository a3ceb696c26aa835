// A vocabulary as the metadata of a GGUF file (tokenizer.ggml.*), as llama.cpp and gguf-tokenizer.ts read them.

import type { GgufValue } from "../../formats/gguf/metadata.ts";
import type { Vocabulary } from "../convert/vocabulary.ts";
import { pieceType } from "../sentencepiece/sentencepiece-model.ts";

const text = (value: string): GgufValue => ({ type: "string", value });
const flag = (value: boolean): GgufValue => ({ type: "bool", value });
const id = (value: number): GgufValue => ({ type: "uint32", value });

/**
 * What a GGUF file needs of its tokenizer: exportGguf() takes it as metadata.
 *
 * @param chatTemplate in Jinja; none without it
 */
export function ggufTokenizerMetadata(vocabulary: Vocabulary, chatTemplate?: string): Map<string, GgufValue> {
  const { kind, pieces, types, bosId, eosId, addBos, addEos, endIds = [] } = vocabulary;
  const unknownId = types.indexOf(pieceType.unknown);
  const named = { bos: bosId, eos: eosId, unknown: unknownId < 0 ? undefined : unknownId, eot: endIds[0], eom: endIds[1] };
  const algorithm: [string, GgufValue][] =
    kind === "byte-bpe"
      ? [
          ["tokenizer.ggml.model", text("gpt2")],
          ["tokenizer.ggml.pre", text(vocabulary.pre)],
          ["tokenizer.ggml.merges", { type: "array", of: "string", value: vocabulary.merges.map(([left, right]) => `${left} ${right}`) }],
        ]
      : [
          ["tokenizer.ggml.model", text("llama")],
          ["tokenizer.ggml.pre", text("default")],
          ["tokenizer.ggml.scores", { type: "array", of: "float32", value: [...vocabulary.scores] }],
          ["tokenizer.ggml.add_space_prefix", flag(vocabulary.spacePrefix)],
        ];
  return new Map([
    ...algorithm,
    ["tokenizer.ggml.tokens", { type: "array", of: "string", value: pieces }],
    ["tokenizer.ggml.token_type", { type: "array", of: "int32", value: types }],
    ...Object.entries(named).flatMap(([role, value]): [string, GgufValue][] =>
      value === undefined ? [] : [[`tokenizer.ggml.${role}_token_id`, id(value)]],
    ),
    ["tokenizer.ggml.add_bos_token", flag(addBos)],
    ["tokenizer.ggml.add_eos_token", flag(addEos)],
    ...(chatTemplate === undefined ? [] : [["tokenizer.chat_template", text(chatTemplate)] as const]),
  ]);
}
