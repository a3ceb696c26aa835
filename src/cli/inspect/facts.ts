// What a model file holds, found out without reading its weights: what it says of itself, its tensors, its tokenizer, and the memory that it will need.
import { chatTemplateOf } from "../../chat/template-of.ts";
import { FormatError, UnsupportedError } from "../../errors.ts";
import type { GgufFile } from "../../formats/index.ts";
import { defaultContextLength, tokenizerOf } from "../../llama.ts";
import { type FileFacts, fileFacts, openWhatWorks, textIn } from "../../model/file-facts.ts";
import type { Checkpoint, Companions } from "../../model/load.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import { type Memory, memoryOf } from "./memory.ts";

export interface Facts extends FileFacts {
  readonly tensors: readonly TensorFact[];
  readonly tokenizer: TokenizerFacts | string;
  readonly chatTemplate: string | undefined;
  /** Undefined where the configuration is not known. */
  readonly memory: Memory | undefined;
}

export interface TensorFact {
  readonly name: string;
  readonly shape: Shape;
  readonly type: string;
  readonly bytes: number;
}

export interface TokenizerFacts {
  /** "llama", "gpt2 (smollm)", "Hugging Face" */
  readonly kind: string;
  readonly vocabulary: number;
  readonly bos: string | undefined;
  readonly eos: string | undefined;
  /** Pieces that end an answer. */
  readonly ends: readonly string[];
  readonly special: number;
}

/**
 * Opens a model and describes it.
 *
 * @throws UsageError for a path that leads nowhere, FormatError for a file whose tensors cannot even be listed
 */
export async function inspect(place: string | URL, signal: AbortSignal): Promise<Facts> {
  const opened = await openWhatWorks(place, signal);
  const { file, gguf, checkpoint } = opened;
  try {
    return {
      ...fileFacts(opened),
      tensors: [...file.tensors.values()].map(({ name, shape, type, byteLength }) => ({ name, shape, type, bytes: byteLength })),
      tokenizer: await tokenizerFacts(checkpoint, gguf, signal),
      chatTemplate: checkpoint ? await chatTemplateOf(checkpoint, signal) : gguf && textIn(gguf, "tokenizer.chat_template"),
      memory: checkpoint && memoryOf(checkpoint, defaultContextLength(checkpoint.config)),
    };
  } finally {
    await file.close();
  }
}

/** @returns a sentence when there is none, or it cannot be read */
async function tokenizerFacts(
  checkpoint: Checkpoint | undefined,
  gguf: GgufFile | undefined,
  signal: AbortSignal,
): Promise<TokenizerFacts | string> {
  const model: Companions | undefined = gguf ? { convention: "gguf", file: gguf } : checkpoint;
  try {
    const tokenizer = model && (await tokenizerOf(model, signal));
    return tokenizer ? describeTokenizer(tokenizer, kindOf(gguf)) : "none";
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof UnsupportedError)) throw error;
    return error.message;
  }
}

function kindOf(gguf: GgufFile | undefined): string {
  if (!gguf) return "Hugging Face";
  const pre = textIn(gguf, "tokenizer.ggml.pre");
  return `${textIn(gguf, "tokenizer.ggml.model")}${pre === undefined ? "" : ` (${pre})`}`;
}

function describeTokenizer(tokenizer: Tokenizer, kind: string): TokenizerFacts {
  const piece = (id: number | undefined): string | undefined => (id === undefined ? undefined : tokenizer.piece(id));
  return {
    kind,
    vocabulary: tokenizer.vocabSize,
    bos: piece(tokenizer.bosId),
    eos: piece(tokenizer.eosId),
    ends: [...tokenizer.endIds].map((id) => piece(id) ?? String(id)),
    special: tokenizer.specialTokens.size,
  };
}
