// From a conversation to the token ids that a model continues: the template writes the text, the tokenizer reads it.
import { UsageError } from "../errors.ts";
import { encodeInTurns, isStepped, type TurnOptions } from "../generate/encode-in-turns.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { ChatMessage } from "./messages.ts";
import { renderChatTemplate } from "./render-chat-template.ts";

/** The ChatML format: each message between <|im_start|>role and <|im_end|>. */
const CHATML = `{% for message in messages %}<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`;

export interface EncodeChatOptions {
  readonly tools?: readonly unknown[] | null;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** End with the opening of the assistant's answer: by default. A finished conversation, to be learned from, ends without. */
  readonly addGenerationPrompt?: boolean;
  readonly signal?: AbortSignal;
  /** Tokens that the context holds, where a longer prompt is to be refused. */
  readonly most?: number;
}

/**
 * The prompt of a conversation, up to the opening of the assistant's answer.
 *
 * As in transformers, the template writes BOS and all marks itself, so none is added. Unlike there, a mark inside a message stays text: who writes
 * `<|im_end|>` does not end the turn. Only the assistant's messages, which the model wrote, are read with their marks. For this the template
 * sees such a text with one more character in each mark: its `length`, and a search for the mark, come out otherwise there.
 *
 * @param template the model's chat template. Where it has none, ChatML is used if <|im_start|> and <|im_end|> are special tokens of the model
 * @throws UsageError for a model without tokenizer, without a template and the tokens of ChatML, or if a message holds a mark and the tokenizer
 * is none of cria's; else as renderChatTemplate
 */
export async function encodeChat(
  tokenizer: Tokenizer | undefined,
  template: string | undefined,
  messages: readonly ChatMessage[],
  options: EncodeChatOptions = {},
): Promise<number[]> {
  const known = forChat(tokenizer);
  return encodePrompt(known, await writePrompt(known, chatTemplateFor(known, template), messages, options), options);
}

/** @throws UsageError for a model without one */
export function forChat(tokenizer: Tokenizer | undefined): Tokenizer {
  if (tokenizer) return tokenizer;
  throw new UsageError("this model came without a tokenizer: chat needs one, generate() takes token ids");
}

/** The text of the prompt, for encodePrompt(): in it marks within messages are kept apart from those of the template. */
export function writePrompt(
  tokenizer: Tokenizer,
  template: string,
  messages: readonly ChatMessage[],
  { tools, variables, addGenerationPrompt = true, signal }: EncodeChatOptions,
): Promise<string> {
  return renderChatTemplate(template, {
    messages: messages.map(withPlainText).map((message) => (message.role === "assistant" ? message : withoutMarks(tokenizer, message))),
    tools,
    addGenerationPrompt,
    bosToken: tokenText(tokenizer, tokenizer.bosId),
    eosToken: tokenText(tokenizer, tokenizer.eosId),
    variables,
    signal,
  });
}

/** @throws UsageError where a message holds a mark and the tokenizer is none of cria's; else as encodeInTurns */
export async function encodePrompt(tokenizer: Tokenizer, prompt: string, options: TurnOptions): Promise<number[]> {
  const guard = prompt.includes(GUARD) ? GUARD : undefined;
  if (!guard || isStepped(tokenizer)) return encodeInTurns(tokenizer, prompt, { parseSpecial: true, guard }, options);
  throw new UsageError(
    "a message holds the text of a special token, which only cria's own tokenizers can keep as text: take it out of the message",
  );
}

/** Parts that are all text become one text: every template takes that, few take parts. */
function withPlainText(message: ChatMessage): ChatMessage {
  const { content } = message;
  if (typeof content === "string" || !content?.length) return message;
  const texts = content.map((part) => (part.type === "text" ? part.text : undefined));
  return texts.includes(undefined) ? message : { ...message, content: texts.join("") };
}

/** A noncharacter of Unicode, which no text contains: it cuts marks in two, and the tokenizer takes it out again. */
const GUARD = "\uFDD0";

/** The same message with every special token in its texts cut by the guard. */
function withoutMarks(tokenizer: Tokenizer, message: ChatMessage): ChatMessage {
  const marks = [...tokenizer.specialTokens.keys()].filter((mark) => mark.length > 1);
  const guarded = (value: unknown): unknown => {
    if (typeof value === "string") {
      return marks.reduce((text, mark) => text.replaceAll(mark, () => mark[0] + GUARD + mark.slice(1)), value);
    }
    if (Array.isArray(value)) return value.map(guarded);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, guarded(inner)]));
  };
  return guarded(message) as ChatMessage;
}

/** The template of a model, or ChatML. @throws UsageError where there is neither */
export function chatTemplateFor(tokenizer: Tokenizer, template: string | undefined): string {
  if (template !== undefined) return template;
  if (tokenizer.specialTokens.has("<|im_start|>") && tokenizer.specialTokens.has("<|im_end|>")) return CHATML;
  throw new UsageError(
    "this model has no chat template, so it was probably not trained to answer messages: use generate() to continue a text, or render its format yourself",
  );
}

function tokenText(tokenizer: Tokenizer, id: number | undefined): string | undefined {
  if (id === undefined) return undefined;
  for (const [text, special] of tokenizer.specialTokens) if (special === id) return text;
  return tokenizer.piece(id);
}
