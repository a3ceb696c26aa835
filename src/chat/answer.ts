// A request and its answer in the words that every wire shares: OpenAI's, Ollama's and Anthropic's requests become one AnswerRequest, and what they send
// is made of its events. All of it is plain data, so that it can cross threads.
import type { Embeddings, EmbedOptions } from "../generate/embed.ts";
import type { GenerateOptions } from "../generate/generate.ts";
import type { LeftOut } from "./left-out.ts";
import type { ChatMessage, Tool } from "./messages.ts";

/** Whether the model may call tools: as it likes, not at all, at least one, or this one. */
export type ToolChoice = "auto" | "none" | "required" | { readonly name: string };

/** A conversation to answer, in the words of the model's chat template. */
export interface ChatPrompt {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly Tool[];
  /** "auto" by default. */
  readonly toolChoice?: ToolChoice;
  /** Several calls in one answer; by default yes. */
  readonly parallelToolCalls?: boolean;
  /** Whether the model thinks before it answers, where its template can switch that; by default as the template does. */
  readonly reasoning?: boolean;
  /** How the answer begins, which is not told again. */
  readonly opening?: string;
  /** Further variables that the template reads. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** A text to continue. */
export interface TextPrompt {
  readonly text: string;
  /** Special tokens in it are what they name, for prompts that somebody else has put into a template; by default they stay text. */
  readonly parseSpecial?: boolean;
}

/** What is continued: a conversation, a text, or ids. */
export type Prompt = ChatPrompt | TextPrompt | { readonly ids: readonly number[] };

export interface AnswerRequest {
  readonly prompt: Prompt;
  /** Ids that stand before the prompt: an earlier exchange. */
  readonly before?: readonly number[];
  /** The end tells the ids. */
  readonly tellIds?: boolean;
  readonly options?: Omit<GenerateOptions, "signal">;
}

/** A token by name. */
export interface NamedToken {
  readonly id: number;
  /** As the vocabulary spells it, decoded; half a character is U+FFFD. */
  readonly text: string;
  /** UTF-8; several tokens may share a character. */
  readonly bytes: readonly number[];
  /** Natural logarithm of the model's probability. */
  readonly logprob: number;
}

/** A token of the answer, with the option `logprobs`. */
export interface AnswerToken extends NamedToken {
  /** The likeliest, best first. */
  readonly top: readonly NamedToken[];
}

/** How much was read and written, in tokens. */
export interface Usage {
  readonly promptTokens: number;
  /** Tokens of the prompt that an earlier one had in common, and that were not run again. */
  readonly cachedTokens: number;
  readonly generatedTokens: number;
  /** Those of generatedTokens that were thoughts. */
  readonly reasoningTokens: number;
}

/** Why an answer ended: an end token; a stop string; maxTokens; a full context; calls that wait for their results. */
export type EndReason = "end" | "stop" | "length" | "context" | "toolCalls";

export type AnswerEvent =
  /** First: the prompt has been read. */
  | {
      readonly type: "prompt";
      readonly promptTokens: number;
      readonly cachedTokens: number;
      /** What of the conversation the model's chat template does not show it; left out where it shows all. */
      readonly leftOut?: readonly LeftOut[];
    }
  /** More of the answer, or of the thoughts before it. The text may be empty where tokens are told. */
  | { readonly type: "text" | "reasoning"; readonly text: string; readonly tokens: readonly AnswerToken[] }
  /** A call begins. */
  | { readonly type: "toolCall"; readonly index: number; readonly id: string; readonly name: string }
  /** More of the JSON text of its arguments: all of it together is one JSON object. */
  | { readonly type: "toolArguments"; readonly index: number; readonly text: string }
  /** The call is whole, and its arguments are right. Who calls anything waits for this: an answer that is cut off within a call ends without it. */
  | { readonly type: "toolCallEnd"; readonly index: number }
  /** Last. */
  | {
      readonly type: "end";
      readonly reason: EndReason;
      /** The stop string that was found. */
      readonly stop?: string;
      readonly usage: Usage;
      /** The same seed gives the same answer. */
      readonly seed: number;
      /** Of the prompt and the answer, with `tellIds`. */
      readonly ids?: readonly number[];
      readonly milliseconds: { readonly prompt: number; readonly generation: number };
    };

export type AnswerEnd = Extract<AnswerEvent, { type: "end" }>;

/** What wires ask of a model: a loaded one, or one in another thread. */
export interface Answering {
  answer(request: AnswerRequest, signal?: AbortSignal): AsyncGenerator<AnswerEvent, void>;
  /** What answer() makes of options, for who has to know: with those that the model was made with. Without it, they stay as they are. */
  settled?(options: AnswerRequest["options"]): AnswerRequest["options"];
}

/** A token of a prompt. The first one has no log-probability: nothing stands before it. */
export interface PromptToken extends Omit<NamedToken, "logprob"> {
  readonly logprob?: number;
  /** The likeliest in its place, best first. */
  readonly top: readonly NamedToken[];
  /** Where it begins in the text, in characters (code points). */
  readonly start: number;
}

/** A prompt as the model reads it. */
export interface ReadPrompt {
  /** Without the token that stands at the start of every text. */
  readonly text: string;
  readonly tokens: readonly PromptToken[];
}

/** What wires ask of a model that shall not answer. */
export interface PromptReading {
  /** @param logprobs how many alternatives to each token are told; undefined: no log-probabilities, and nothing runs */
  readPrompt(prompt: Prompt, logprobs: number | undefined, signal?: AbortSignal): Promise<ReadPrompt>;
}

/** What wires ask of a model for vectors. */
export interface Embedding {
  embed(inputs: readonly (string | readonly number[])[], options?: EmbedOptions): Promise<Embeddings>;
}
