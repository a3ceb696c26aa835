// cria/openai: OpenAI's calls, answered by a model in this process.

export type { ChatCompletionParams } from "./chat-request.ts";
export type { ChatCompletion, ChatCompletionChunk } from "./chat-types.ts";
export type { CompletionParams } from "./completion-request.ts";
export type { Completion, CompletionChunk } from "./completion-types.ts";
export type { EmbeddingList, EmbeddingParams } from "./embeddings.ts";
export { type Create, type ModelList, type OpenAi, openAi, type RequestOptions } from "./in-process.ts";
export type { ResponseParams } from "./response-request.ts";
export type { ResponseObject, ResponseStreamEvent } from "./response-types.ts";
