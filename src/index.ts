// The public API of cria. Lower levels have entries of their own: cria/formats, cria/tokenizer, cria/chat, cria/model, cria/ops;
// other libraries' words: cria/openai, cria/ai-sdk.

export type { ChatMessage } from "./chat/index.ts";
export type { LeftOut } from "./chat/left-out.ts";
export { FormatError, InternalError, ShapeError, UnsupportedError, UsageError } from "./errors.ts";
export type { SourceLike } from "./formats/index.ts";
export type { Embeddings, EmbedOptions } from "./generate/embed.ts";
export type { GenerateOptions, GenerationEnd, Piece } from "./generate/generate.ts";
export type { TokenLogprob } from "./generate/logprobs.ts";
export type { OutputFormat } from "./generate/output-format.ts";
export type { SamplingOptions } from "./generate/sampling-options.ts";
export { type BackendName, type ChatEnd, type ChatOptions, type Llama, type LoadOptions, type LogitsOptions, load } from "./llama.ts";
export type { ModelConfig } from "./model/config.ts";
export type { LoadProgress } from "./model/load.ts";
export type { Tokenizer } from "./tokenizer/tokenizer.ts";
