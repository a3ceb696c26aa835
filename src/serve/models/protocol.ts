// What the thread of the server and the thread of a model say to each other. Plain data, numbered by request.
import type { AnswerEvent, AnswerRequest, ChatPrompt, Prompt, ReadPrompt } from "../../chat/answer.ts";
import type { Capabilities } from "../../chat/open-conversation.ts";
import type { Embeddings, EmbedOptions } from "../../generate/embed.ts";
import type { LoadOptions } from "../../llama.ts";
import type { PlainError } from "./plain-error.ts";

/** What the thread starts with. */
export interface ModelTask {
  /** A path or a URL, as load() takes it. */
  readonly place: string | { readonly url: string };
  readonly options: Omit<LoadOptions, "onProgress" | "signal">;
}

/** What can be told of a loaded model without asking it again. */
export interface ModelFacts {
  /** Most tokens that a text holds. */
  readonly contextLength: number;
  readonly vocabSize: number;
  readonly dim: number;
  readonly parameters: number;
  readonly chatTemplate: string | undefined;
  readonly capabilities: Capabilities;
  readonly bosToken: string | undefined;
  readonly eosToken: string | undefined;
  /** What computes, in words. */
  readonly build: string;
}

/** Questions with one answer, and what they take and give. */
export interface Calls {
  tokenize(
    texts: readonly string[],
    /** `most`: of a longer text, only the first ids. */
    options: { readonly addSpecial: boolean; readonly parseSpecial: boolean; readonly most?: number },
  ): readonly (readonly number[])[];
  detokenize(ids: readonly number[]): string;
  /** What each id stands for: a text, or bytes where they are a part of a character only. */
  pieces(ids: readonly number[]): readonly (string | readonly number[])[];
  /** The prompt that a conversation becomes. */
  applyTemplate(prompt: ChatPrompt): { readonly ids: readonly number[]; readonly text: string };
  /** A prompt token by token, and how likely each was. */
  readPrompt(prompt: Prompt, logprobs: number | undefined): ReadPrompt;
  embed(inputs: readonly (string | readonly number[])[], options: Omit<EmbedOptions, "signal"> | undefined): Embeddings;
  /** How full the cache is. */
  pages(): { readonly total: number; readonly held: number };
}

export type CallName = keyof Calls;

export type ToModel =
  | { readonly id: number; readonly type: "answer"; readonly request: AnswerRequest }
  | { readonly id: number; readonly type: "call"; readonly name: CallName; readonly args: readonly unknown[] }
  | { readonly id: number; readonly type: "abort" }
  | { readonly type: "close" };

/** What one step of the engine gave all requests comes as one message: a message costs more than what is in it. */
export type FromThread = readonly FromModel[];

export type FromModel =
  | { readonly type: "ready"; readonly facts: ModelFacts }
  | { readonly type: "failed"; readonly error: PlainError }
  | { readonly id: number; readonly type: "event"; readonly event: AnswerEvent }
  | { readonly id: number; readonly type: "result"; readonly result: unknown }
  | { readonly id: number; readonly type: "done" }
  | { readonly id: number; readonly type: "error"; readonly error: PlainError };
