// Conversations to prompts, with the variables that transformers gives to a chat template.
import { UsageError } from "../errors.ts";
import { renderTemplate } from "./jinja/template.ts";
import type { ChatMessage } from "./messages.ts";

export interface ChatTemplateInput {
  readonly messages: readonly ChatMessage[];
  /** Functions that the model may call, as OpenAI describes them: `{ type: "function", function: { name, description, parameters } }`. */
  readonly tools?: readonly unknown[] | null;
  /** End with the opening of the assistant's answer. Default false. */
  readonly addGenerationPrompt?: boolean;
  /** Texts of the tokens that begin and end a sequence; a model without one has none. */
  readonly bosToken?: string | null;
  readonly eosToken?: string | null;
  /** The clock of strftime_now, in local time. Default: now. */
  readonly now?: Date;
  /** Further names that templates read (enable_thinking, date_string, documents ...); they may replace bos_token, eos_token and documents. */
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
}

const fixed = ["messages", "tools", "add_generation_prompt"] as const;

/**
 * The text of a conversation as a model wants it.
 *
 * Renders the jinja2 language as `apply_chat_template` of transformers does (docs/chat-templates.md has the differences). A template is taken for a
 * stranger's: it sees the variables above and nothing else, and its time, memory and depth are limited.
 *
 * @param template the source, as in tokenizer.chat_template of a GGUF file or chat_template of tokenizer_config.json
 * @throws TemplateRefusal (a UsageError) when the template calls raise_exception; its message is exactly the template's
 * @throws UsageError when the template cannot use the messages, e.g. puts a null content beside a text; with the line
 * @throws FormatError when the template is malformed; with the line
 * @throws UnsupportedError when the template needs something that cria does not do, or passes a limit; with the line
 */
export async function renderChatTemplate(template: string, input: ChatTemplateInput): Promise<string> {
  const { messages, tools = null, addGenerationPrompt = false, bosToken, eosToken, now = new Date(), variables = {}, signal } = input;
  signal?.throwIfAborted();
  for (const name of fixed) {
    if (Object.hasOwn(variables, name)) throw new UsageError(`variables.${name}: give ${name} as an option of its own instead`);
  }
  return renderTemplate(
    template,
    {
      messages,
      tools,
      documents: null,
      add_generation_prompt: addGenerationPrompt,
      bos_token: bosToken ?? undefined,
      eos_token: eosToken ?? undefined,
      ...variables,
    },
    now,
  );
}
