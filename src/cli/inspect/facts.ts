// What a model file holds, found out without reading its weights; also of files that cria cannot run, with the reason.
import { chatTemplateOf } from "../../chat/template-of.ts";
import { FormatError, UnsupportedError } from "../../errors.ts";
import { type GgufFile, openGguf, openSafetensors, type StoredTensor, type TensorFile } from "../../formats/index.ts";
import { defaultContextLength, tokenizerOf } from "../../llama.ts";
import type { ModelConfig } from "../../model/config.ts";
import type { Checkpoint, Companions } from "../../model/load.ts";
import { openCheckpoint } from "../../model/open-checkpoint.ts";
import { parameterCount } from "../../model/weights.ts";
import { elementCount, type Shape } from "../../tensor/shape.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import { sentenceOf } from "../sentence.ts";
import { type Memory, memoryOf } from "./memory.ts";

export interface Facts {
  /** "GGUF v3", "safetensors" */
  readonly format: string;
  /** Of the first shard, where there are several. */
  readonly file: string;
  /** As the file calls itself. */
  readonly title: string | undefined;
  readonly architecture: string | undefined;
  /** Why cria does not run it; undefined when it does. */
  readonly obstacle: string | undefined;
  readonly config: ModelConfig | undefined;
  /** Numbers in all tensors; those of the model where the configuration is known. */
  readonly parameters: number;
  readonly tensors: readonly TensorFact[];
  readonly types: readonly TypeShare[];
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

/** How much of the file is of one storage type. */
export interface TypeShare {
  readonly type: string;
  readonly tensors: number;
  readonly parameters: number;
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
  const { file, gguf, checkpoint, obstacle } = await openWhatWorks(place, signal);
  try {
    const tensors = [...file.tensors.values()];
    return {
      format: gguf ? `GGUF v${gguf.version}` : "safetensors",
      file: file.name,
      title: gguf && textIn(gguf, "general.name"),
      architecture: gguf ? textIn(gguf, "general.architecture") : checkpoint?.config.family,
      obstacle,
      config: checkpoint?.config,
      parameters: checkpoint ? parameterCount(checkpoint.config) : sum(tensors.map(({ shape }) => elementCount(shape))),
      tensors: tensors.map(({ name, shape, type, byteLength }) => ({ name, shape, type, bytes: byteLength })),
      types: sharesOf(tensors),
      tokenizer: await tokenizerFacts(checkpoint, gguf, signal),
      chatTemplate: checkpoint ? await chatTemplateOf(checkpoint, signal) : gguf && textIn(gguf, "tokenizer.chat_template"),
      memory: checkpoint && memoryOf(checkpoint, defaultContextLength(checkpoint.config)),
    };
  } finally {
    await file.close();
  }
}

interface Opened {
  readonly file: TensorFile;
  /** The same file, where it is a GGUF. */
  readonly gguf?: GgufFile;
  readonly checkpoint?: Checkpoint;
  readonly obstacle?: string;
}

/** A whole model; where that fails, at least its tensors. */
async function openWhatWorks(place: string | URL, signal: AbortSignal): Promise<Opened> {
  try {
    const checkpoint = await openCheckpoint(place, signal);
    return { file: checkpoint.file, gguf: checkpoint.convention === "gguf" ? checkpoint.file : undefined, checkpoint };
  } catch (error) {
    const obstacle = sentenceOf(error);
    if (obstacle === undefined) throw error;
    // What went wrong with the model says more than what goes wrong with its parts.
    const opened = await openTensors(place, signal).catch(() => {
      throw error;
    });
    return { ...opened, obstacle };
  }
}

async function openTensors(place: string | URL, signal: AbortSignal): Promise<Opened> {
  const safetensors = /\.gguf$/i.test(String(place)) ? undefined : await openSafetensors(place, signal).catch(() => undefined);
  if (safetensors) return { file: safetensors };
  const gguf = await openGguf(place, signal);
  return { file: gguf, gguf };
}

function textIn(gguf: GgufFile, key: string): string | undefined {
  const value = gguf.metadata.get(key)?.value;
  return typeof value === "string" ? value : undefined;
}

function sharesOf(tensors: readonly StoredTensor[]): TypeShare[] {
  const shares = new Map<string, TypeShare>();
  for (const { type, shape, byteLength } of tensors) {
    const { tensors, parameters, bytes } = shares.get(type) ?? { tensors: 0, parameters: 0, bytes: 0 };
    shares.set(type, { type, tensors: tensors + 1, parameters: parameters + elementCount(shape), bytes: bytes + byteLength });
  }
  return [...shares.values()].sort((a, b) => b.bytes - a.bytes);
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

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
