// What a conversation consists of, in the words of the OpenAI chat interface and of the chat templates of Hugging Face. All of it is plain
// data, and goes to the template as it is: a field that a template does not know is not seen.

/** `{ type: "text", text }`, and whatever else a template knows. */
export interface ContentPart {
  readonly type: string;
  readonly text?: string;
  readonly [field: string]: unknown;
}

/** A function that the model wants called. Templates expect the arguments as an object; the OpenAI wire carries them as JSON text. */
export interface ToolCall {
  readonly id?: string;
  readonly type?: "function";
  readonly function: { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> | string };
}

/** A function that the model may call. */
export interface Tool {
  readonly type: "function";
  readonly function: {
    readonly name: string;
    readonly description?: string;
    /** JSON Schema of the object of its arguments; none: it takes none. */
    readonly parameters?: Readonly<Record<string, unknown>>;
    readonly [field: string]: unknown;
  };
}

export interface ChatMessage {
  /** "system", "user", "assistant" or "tool"; some templates know more. */
  readonly role: string;
  readonly content?: string | readonly ContentPart[] | null;
  readonly name?: string;
  readonly tool_calls?: readonly ToolCall[];
  readonly tool_call_id?: string;
  readonly [field: string]: unknown;
}
