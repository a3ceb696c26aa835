// The part of the AI SDK's specification "v4" that a text model speaks, in the shapes of its package @ai-sdk/provider: who uses cria without the AI SDK
// needs no package of it, and a test compares these types with the original.

/** What cria does not do with a call, for the developer. */
export type Warning = { type: "unsupported"; feature: string; details?: string } | { type: "other"; message: string };

export interface TextPart {
  type: "text" | "reasoning";
  text: string;
}

export interface ToolCallPart {
  type: "tool-call";
  toolCallId: string;
  toolName: string;
  input: unknown;
}

export interface ToolResultPart {
  type: "tool-result";
  toolCallId: string;
  toolName: string;
  output: ToolOutput;
}

export type ToolOutput =
  | { type: "text" | "error-text"; value: string }
  | { type: "json" | "error-json"; value: unknown }
  | { type: "execution-denied"; reason?: string }
  | { type: "content"; value: { type: string }[] };

/** Parts of other types are refused by name. */
type OtherPart = { type: string };

export type PromptMessage =
  | { role: "system"; content: string }
  | { role: "user" | "assistant" | "tool"; content: (TextPart | ToolCallPart | ToolResultPart | OtherPart)[] };

export interface CallOptions {
  prompt: PromptMessage[];
  maxOutputTokens?: number;
  temperature?: number;
  stopSequences?: string[];
  topP?: number;
  topK?: number;
  presencePenalty?: number;
  frequencyPenalty?: number;
  seed?: number;
  responseFormat?: { type: "text" } | { type: "json"; schema?: unknown };
  tools?: (
    | { type: "function"; name: string; description?: string; inputSchema: unknown; strict?: boolean }
    | { type: "provider"; id: string }
  )[];
  toolChoice?: { type: "auto" | "none" | "required" } | { type: "tool"; toolName: string };
  reasoning?: string;
  abortSignal?: AbortSignal;
}

export interface FinishReason {
  unified: "stop" | "length" | "tool-calls";
  /** cria's word. */
  raw: string;
}

/** In tokens. */
export interface LanguageUsage {
  inputTokens: { total: number; noCache: number; cacheRead: number; cacheWrite: undefined };
  outputTokens: { total: number; text: number; reasoning: number };
}

export interface ToolCall {
  type: "tool-call";
  toolCallId: string;
  toolName: string;
  /** JSON text. */
  input: string;
}

export interface ResponseMetadata {
  id: string;
  timestamp: Date;
  modelId: string;
}

export interface GenerateResult {
  content: ({ type: "text"; text: string } | { type: "reasoning"; text: string } | ToolCall)[];
  finishReason: FinishReason;
  usage: LanguageUsage;
  response: ResponseMetadata;
  warnings: Warning[];
}

export type StreamPart =
  | { type: "stream-start"; warnings: Warning[] }
  | ({ type: "response-metadata" } & ResponseMetadata)
  | { type: "text-start" | "text-end" | "reasoning-start" | "reasoning-end" | "tool-input-end"; id: string }
  | { type: "text-delta" | "reasoning-delta" | "tool-input-delta"; id: string; delta: string }
  | { type: "tool-input-start"; id: string; toolName: string }
  | ToolCall
  | { type: "finish"; usage: LanguageUsage; finishReason: FinishReason }
  | { type: "error"; error: unknown };

export interface LanguageModel {
  readonly specificationVersion: "v4";
  readonly provider: string;
  readonly modelId: string;
  readonly supportedUrls: Record<string, RegExp[]>;
  doGenerate(options: CallOptions): Promise<GenerateResult>;
  doStream(options: CallOptions): Promise<{ stream: ReadableStream<StreamPart> }>;
}

export interface EmbeddingModel {
  readonly specificationVersion: "v4";
  readonly provider: string;
  readonly modelId: string;
  /** No limit. */
  readonly maxEmbeddingsPerCall: undefined;
  readonly supportsParallelCalls: boolean;
  doEmbed(options: { values: string[]; dimensions?: number; abortSignal?: AbortSignal }): Promise<{
    embeddings: number[][];
    usage: { tokens: number };
    warnings: Warning[];
  }>;
}

export interface Provider {
  readonly specificationVersion: "v4";
  /** @param modelId what the model is called in results; there is one */
  languageModel(modelId?: string): LanguageModel;
  embeddingModel(modelId?: string): EmbeddingModel;
  textEmbeddingModel(modelId?: string): EmbeddingModel;
  /** @throws UnsupportedError */
  imageModel(modelId: string): never;
}
