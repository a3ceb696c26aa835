// The object that load() returns: a model with its tokenizer and chat template, ready to answer.
/// <reference lib="esnext.disposable" preserve="true" />
import type { AnswerEvent, AnswerRequest, Prompt, ReadPrompt } from "./chat/answer.ts";
import type { LeftOut } from "./chat/left-out.ts";
import type { ChatMessage, Tool } from "./chat/messages.ts";
import { openConversation } from "./chat/open-conversation.ts";
import { readPrompt } from "./chat/read-prompt.ts";
import { type Answerer, runAnswer } from "./chat/run-answer.ts";
import { chatTemplateOf } from "./chat/template-of.ts";
import { UsageError } from "./errors.ts";
import type { SourceLike } from "./formats/index.ts";
import { type Embeddings, type EmbedOptions, embed } from "./generate/embed.ts";
import { encodeInTurns } from "./generate/encode-in-turns.ts";
import { cacheLayout, createEngine, type Engine } from "./generate/engine.ts";
import { freeMemory } from "./generate/free-memory.ts";
import { type GenerateOptions, type GenerationEnd, generate, type Piece } from "./generate/generate.ts";
import { type MemoryPlan, planMemory } from "./generate/memory-plan.ts";
import { checkOptionNames } from "./generate/option-names.ts";
import { showBytes } from "./hub/repo-models.ts";
import { resolveModel } from "./hub/resolve.ts";
import type { ModelConfig } from "./model/config.ts";
import { type Checkpoint, type Companions, type LoadOptions as LoadWeightsOptions, loadWeights } from "./model/load.ts";
import { openCheckpoint } from "./model/open-checkpoint.ts";
import type { Ops, Tensor, Weight } from "./ops/ops.ts";
import type { WasmOps } from "./ops/wasm/index.ts";
import type { KvType } from "./ops/wasm/kv-types.ts";
import { createGgufTokenizer, loadTokenizer, tokenizerFiles } from "./tokenizer/index.ts";
import type { Tokenizer } from "./tokenizer/tokenizer.ts";
import type { OpenAi } from "./wires/openai/in-process.ts";
import { openAiLater } from "./wires/openai/later.ts";

export type BackendName = "wasm" | "reference";

export interface LoadOptions extends LoadWeightsOptions {
  /** "wasm" by default; "reference" is slow and exact: the judge. */
  backend?: BackendName;
  /**
   * Threads of the wasm backend, the calling one included, 256 at most; by default one for each core. A page needs cross-origin isolation and a Worker for several:
   * elsewhere there is one, and more are refused.
   */
  threads?: number;
  /**
   * Wasm: products with quantised weights see activations as they are. By default they are rounded to 8 bits in blocks of 32, as llama.cpp does: several
   * times as fast, with perplexities within 0.5%.
   */
  exact?: boolean;
  /** Wasm: how keys and values are kept, "f32" by default. "f16" takes half of the memory, "q8_0" a quarter. */
  kvType?: KvType;
  /**
   * Node 20: switch relaxed SIMD on for the whole process, by a flag of V8; nearly twice as fast. Newer versions and browsers have it anyway. The
   * command line does this always.
   */
  relaxedSimd?: boolean;
  /**
   * Wasm in Node 24 and newer: V8's experimental 256-bit operations, by a flag for the whole process; up to twice as fast for prompts. Numbers are
   * checked first; where they are wrong, or Node is older, stderr says so and the model runs without.
   */
  turbo?: boolean;
  /** Most tokens that a text holds; what the model was trained for, up to 8,192, by default. */
  contextLength?: number;
  /**
   * Tokens of all texts together whose keys and values are kept; contextLength by default, and never less. With more of it, several texts run at the
   * same time, and prompts that begin as earlier ones begin later.
   */
  cacheTokens?: number;
}

const optionNames: Record<keyof LoadOptions, true> = {
  backend: true,
  threads: true,
  exact: true,
  kvType: true,
  relaxedSimd: true,
  turbo: true,
  contextLength: true,
  cacheTokens: true,
  onProgress: true,
  signal: true,
};

export interface ChatOptions extends GenerateOptions {
  /** Functions that the model may call, as OpenAI describes them. Where its template knows no tools, a message tells it of them. */
  tools?: readonly Tool[];
  /** Further variables that the template reads (enable_thinking, date_string ...). */
  variables?: Record<string, unknown>;
}

/** How an answer to a conversation ended. */
export interface ChatEnd extends GenerationEnd {
  /** What of the conversation the model's chat template does not show it; empty where it shows all. */
  readonly leftOut: readonly LeftOut[];
}

export interface LogitsOptions {
  /** Which positions: the last, some, or all (default). */
  positions?: "last" | readonly number[];
  signal?: AbortSignal;
}

/** A loaded model. `await using llama = await load(...)` gives it back at the end of the block. */
export interface Llama extends AsyncDisposable {
  readonly config: ModelConfig;
  /** Undefined for a folder without one: then prompts are ids. */
  readonly tokenizer: Tokenizer | undefined;
  /** The Jinja template in the file; undefined where it has none. */
  readonly chatTemplate: string | undefined;
  /** What computes, in words: "wasm (relaxed SIMD, shared memory), 2 threads". Other builds round otherwise. */
  readonly build: string;
  /** Most tokens that a text holds, prompt and answer together. */
  readonly contextLength: number;
  /**
   * The scores of the token that follows each position.
   *
   * @returns [positions or ids.length, vocabSize], row-major
   */
  logits(ids: readonly number[], options?: LogitsOptions): Promise<Float32Array>;
  /** Natural log-probability of every token but the first, given those before it. @returns [ids.length - 1] */
  logProbs(ids: readonly number[], options?: { signal?: AbortSignal }): Promise<Float32Array>;
  /**
   * Texts, or lists of ids, as vectors: near each other where their texts mean the same, with a model that was trained for it. A text gets the tokens that
   * the model wants around it, as in `generate`.
   *
   * @throws UsageError for a text that is empty, or has more tokens than the context holds: nothing is cut off
   */
  embed(inputs: readonly (string | readonly number[])[], options?: EmbedOptions): Promise<Embeddings>;
  /**
   * Continues a text or a list of ids. A text gets the tokens that the model wants at its start; special tokens in it stay text. Nothing runs, and no
   * mistake is reported, before the first piece is asked for.
   */
  generate(prompt: string | readonly number[], options?: GenerateOptions): AsyncGenerator<Piece, GenerationEnd>;
  /** Answers a conversation, in the words of the model's chat template. */
  chat(messages: readonly ChatMessage[], options?: ChatOptions): AsyncGenerator<Piece, ChatEnd>;
  /** Answers a request in events: thoughts, text and calls of tools apart, with what was counted. The wires of servers are made of them. */
  answer(request: AnswerRequest, signal?: AbortSignal): AsyncGenerator<AnswerEvent, void>;
  /**
   * A prompt token by token, as the model reads it.
   *
   * @param logprobs how many of the likeliest tokens are told in each place, beside the log-probability of the one that stands there; undefined: neither,
   *   and nothing runs
   */
  readPrompt(prompt: Prompt, logprobs: number | undefined, signal?: AbortSignal): Promise<ReadPrompt>;
  /** OpenAI's calls without a server: `llama.openai.chat.completions.create({ messages, stream: true })`. Their code is loaded with the first one. */
  readonly openai: OpenAi;
  /** How full the cache is: pages in all, and those that texts hold now. */
  pages(): { readonly total: number; readonly held: number };
  /** Lets go of weights and caches. Idempotent; what is being generated ends with an error, and so does what is asked later. */
  dispose(): Promise<void>;
}

/**
 * Opens a model and reads its weights.
 *
 * @param source a path to a .gguf, a .safetensors file or a Hugging Face folder; a URL; a Blob or File; "hf:owner/repo[/file]"; a name from `cria list`
 * @throws UsageError when there is no such model or too little memory for it, FormatError when it is damaged, UnsupportedError when it is of a kind that cria does not run
 */
export async function load(source: SourceLike, options: LoadOptions = {}): Promise<Llama> {
  checkOptionNames(options, optionNames);
  const { backend = "wasm", signal } = options;
  const place = await placeOf(source, options);
  const checkpoint = await openCheckpoint(place, signal);
  try {
    const contextLength = checkTokenCount("contextLength", options.contextLength ?? defaultContextLength(checkpoint.config));
    const cacheTokens = checkTokenCount("cacheTokens", options.cacheTokens ?? contextLength, contextLength);
    const tokenizer = await tokenizerOf(checkpoint, signal);
    const chatTemplate = await chatTemplateOf(checkpoint, signal);
    const { engine, build } = await engineOn(backend, checkpoint, { ...options, contextLength, cacheTokens });
    return assemble(engine, build, tokenizer, chatTemplate);
  } finally {
    await checkpoint.file.close();
  }
}

/** What load() takes where nothing else is asked for. Dynamic NTK is for texts longer than what the model was trained for. */
export function defaultContextLength({ maxSeqLen, positions }: ModelConfig): number {
  const dynamic = positions.kind === "rope" && positions.scaling?.kind === "dynamic";
  return dynamic ? 8192 : Math.min(maxSeqLen, 8192);
}

/** A name becomes a file, a folder or a URL; a URL object or a Blob is one already. */
async function placeOf(source: SourceLike, { signal, onProgress }: LoadOptions): Promise<SourceLike> {
  if (source instanceof URL || source instanceof Blob) return source;
  if (typeof source !== "string") {
    throw new UsageError(
      `load was given ${show(source)}, expected a path, a name, a URL or a Blob (new Blob([bytes]) for bytes in memory)`,
    );
  }
  const place = await resolveModel(source, {
    signal,
    onProgress: ({ file, done, total }) => onProgress?.({ phase: "download", loadedBytes: done, totalBytes: total, file }),
  });
  return place.kind === "url" ? new URL(place.url) : place.path;
}

/** llama.cpp's tokenizer.ggml.model for files without a tokenizer. */
export const noTokenizer = "no_vocab";

/** The tokenizer that came with a model, if any. @throws FormatError, UnsupportedError, UsageError for one that cannot be read */
export async function tokenizerOf(model: Companions, signal?: AbortSignal): Promise<Tokenizer | undefined> {
  if (model.convention === "gguf") {
    const { file } = model;
    const algorithm = file.string("tokenizer.ggml.model", undefined);
    return algorithm === undefined || algorithm === noTokenizer ? undefined : createGgufTokenizer(file.metadata, file.name);
  }
  for (const name of tokenizerFiles) {
    const source = await model.beside(name, signal);
    if (source) return loadTokenizer(source, signal);
  }
  return undefined;
}

type EngineOptions = LoadOptions & { contextLength: number; cacheTokens: number };

/** Backends have handle types of their own; what leaves here has none. */
async function engineOn(backend: BackendName, checkpoint: Checkpoint, options: EngineOptions): Promise<{ engine: Engine; build: string }> {
  const { config } = checkpoint;
  const { contextLength, cacheTokens } = options;
  const build = async <T extends Tensor, W extends Weight>(ops: Ops<T, W>): Promise<Engine> => {
    try {
      return createEngine(ops, config, await loadWeights(ops, checkpoint, options), contextLength, cacheTokens);
    } catch (error) {
      await ops.dispose();
      throw error;
    }
  };
  switch (backend) {
    case "wasm": {
      const { threads, exact, kvType, relaxedSimd, turbo } = options;
      const plan = planMemory(checkpoint, cacheLayout(config, cacheTokens), kvType);
      checkMemory(plan, cacheTokens, await freeMemory());
      const { createWasm, enableRelaxedSimd } = await import("./ops/wasm/index.ts");
      if (relaxedSimd) enableRelaxedSimd();
      const ops = await createWasm({ threads, kvType, activations: exact ? "f32" : "int8", turbo, plan });
      return { engine: await build(ops), build: describeBuild(ops.build) };
    }
    case "reference":
      return { engine: await build((await import("./ops/reference/index.ts")).createReference()), build: "reference" };
    default:
      throw new UsageError(`backend "${backend satisfies never}" is unknown, expected "wasm" or "reference"`);
  }
}

function describeBuild({ simd, shared, threads, turbo }: WasmOps["build"]): string {
  const memory = shared ? "shared memory" : "memory of its own";
  return `wasm (${simd} SIMD, ${memory}${turbo ? ", turbo" : ""}), ${threads} thread${threads === 1 ? "" : "s"}`;
}

function checkTokenCount(name: string, tokens: number, least = 1): number {
  if (Number.isSafeInteger(tokens) && tokens >= least) return tokens;
  throw new UsageError(`${name} is ${tokens}, expected a whole number of tokens from ${least} on`);
}

/** Before anything is allocated. @param free bytes; undefined where nobody knows */
function checkMemory({ weightBytes, cacheBytes, working, total }: MemoryPlan, cacheTokens: number, free: number | undefined): void {
  if (free === undefined || total <= free) return;
  const shares = `${showBytes(weightBytes)} of weights, ${showBytes(cacheBytes)} for ${cacheTokens} tokens in the cache, ${showBytes(working)} to work in`;
  throw new UsageError(
    `the model needs ${showBytes(total)} of memory (${shares}), and ${showBytes(free)} are free: use a smaller model, a shorter contextLength (--ctx), or kvType "q8_0" (--kv-type q8_0)`,
  );
}

function assemble(engine: Engine, build: string, tokenizer: Tokenizer | undefined, chatTemplate: string | undefined): Llama {
  const encode = async (prompt: string | readonly number[], signal?: AbortSignal, what?: string): Promise<readonly number[]> => {
    if (typeof prompt !== "string") return checkIds("the prompt", prompt);
    if (!tokenizer) throw new UsageError("this model came without a tokenizer: give token ids instead of text");
    return encodeInTurns(tokenizer, prompt, { addSpecial: true }, { most: engine.contextLength, signal }, what);
  };
  /** A text that runs whole. */
  const checkText = (ids: readonly number[], least: number): void => {
    const { length } = checkIds("the text", ids);
    if (length < least) throw new UsageError(`the text has ${length} tokens, expected at least ${least}`);
    if (length > engine.contextLength) {
      throw new UsageError(
        `the text has ${length} tokens, the context holds ${engine.contextLength}: shorten it or raise contextLength (--ctx)`,
      );
    }
  };
  const answerer: Answerer = { engine, tokenizer, chatTemplate, encode };
  const llama: Llama = {
    config: engine.config,
    build,
    tokenizer,
    chatTemplate,
    contextLength: engine.contextLength,
    async logits(ids, { positions, signal } = {}) {
      checkText(ids, 1);
      const asked = positions === "last" ? [ids.length - 1] : checkIds("positions", positions ?? Array.from(ids.keys()));
      const wrong = asked.find((position) => !(Number.isInteger(position) && position >= 0 && position < ids.length));
      if (wrong !== undefined) throw new UsageError(`position ${wrong} was asked for, expected a whole number from 0 to ${ids.length - 1}`);
      const order = Array.from(asked.keys()).sort((a, b) => asked[a] - asked[b]);
      const rows = await engine.logits(
        ids,
        order.map((i) => asked[i]),
        signal,
      );
      return order.every((from, i) => from === i) ? rows : reorderRows(rows, order);
    },
    async logProbs(ids, { signal } = {}) {
      checkText(ids, 2);
      return engine.logProbs(ids, signal);
    },
    async embed(inputs, options) {
      if (!Array.isArray(inputs) || inputs.length === 0) {
        throw new UsageError(`inputs: ${show(inputs)} was given, expected a list of at least one text`);
      }
      const texts: (readonly number[])[] = [];
      for (const [i, input] of inputs.entries()) {
        const what = inputs.length === 1 ? "the text" : `text ${i + 1} of ${inputs.length}`;
        // Some tokenizers put tokens around nothing; it is a mistake all the same.
        texts.push(input === "" ? [] : await encode(input, options?.signal, what));
      }
      return embed(engine, texts, options);
    },
    async *generate(prompt, options) {
      return yield* generate(engine, tokenizer, await encode(prompt, options?.signal), options);
    },
    async *chat(messages, { tools, variables, ...options } = {}) {
      const limits = { signal: options.signal, most: engine.contextLength };
      const { promptIds, leftOut } = await openConversation(answerer, { messages, tools, variables }, limits);
      return { ...(yield* generate(engine, tokenizer, promptIds, options)), leftOut };
    },
    answer: (request, signal) => runAnswer(answerer, request, signal),
    readPrompt: (prompt, logprobs, signal) => readPrompt(answerer, prompt, logprobs, signal),
    openai: openAiLater(async () => (await import("./wires/openai/in-process.ts")).openAi(llama)),
    pages: engine.pages,
    dispose: () => engine.dispose(),
    [Symbol.asyncDispose]: () => engine.dispose(),
  };
  return llama;
}

/** Callers without a type checker get a sentence, too. */
function checkIds(what: string, ids: readonly number[]): readonly number[] {
  if (Array.isArray(ids) || ArrayBuffer.isView(ids)) return Array.from(ids);
  throw new UsageError(`${what}: ${show(ids)} was given, expected a list of whole numbers`);
}

/** For an error message. */
function show(value: unknown): string {
  return typeof value === "string"
    ? JSON.stringify(value)
    : value instanceof Object
      ? `a ${value.constructor?.name ?? "object"}`
      : String(value);
}

/** @param rows [order.length, columns] @returns the same rows, row i at order[i] */
function reorderRows(rows: Float32Array, order: readonly number[]): Float32Array {
  const columns = rows.length / order.length;
  const out = new Float32Array(rows.length);
  order.forEach((to, from) => {
    out.set(rows.subarray(from * columns, (from + 1) * columns), to * columns);
  });
  return out;
}
