// From a conversation to what a model continues, and what has to be known to read its answer: how it calls functions, and how it thinks.
import { UsageError } from "../errors.ts";
import type { TurnOptions } from "../generate/encode-in-turns.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { ChatPrompt } from "./answer.ts";
import { checkMessages, checkTools } from "./check-conversation.ts";
import { chatTemplateFor, encodePrompt, forChat, writePrompt } from "./encode-chat.ts";
import { TemplateRefusal } from "./jinja/globals.ts";
import { type LeftOut, leftOutOf } from "./left-out.ts";
import type { ChatMessage, Tool } from "./messages.ts";
import { closing, opensThoughts, type ThinkMarks, thinkMarksOf } from "./reasoning/think-marks.ts";
import { type CallFamily, callFormatOf } from "./tool-calls/call-format.ts";
import { oneCallEach, withNineLetters } from "./tool-calls/history.ts";
import { describeTools, withPlainCalls, withSystemText, withUserText } from "./tool-calls/plain-tools.ts";
import { unheardWord } from "./unheard-word.ts";

export interface Conversation {
  readonly promptIds: readonly number[];
  /** Where functions may be called: which ones, whether one has to be, and whether several calls may follow each other. */
  readonly calls?: {
    readonly family: CallFamily;
    readonly tools: readonly Tool[];
    /** The place of the first of them among the tools of the prompt. */
    readonly first: number;
    readonly forced: boolean;
    readonly several: boolean;
  };
  /** Where the model can think. `begun`: the prompt has opened the thoughts. `off`: it shall not think. */
  readonly thoughts?: ThinkMarks & { readonly begun: boolean; readonly off: boolean };
  /** What of the messages the template leaves out. */
  readonly leftOut: readonly LeftOut[];
}

/** @throws UsageError for messages and tools that are malformed, with the field; else as encodeChat */
export async function openConversation(
  model: { readonly tokenizer: Tokenizer | undefined; readonly chatTemplate: string | undefined },
  prompt: ChatPrompt,
  options: TurnOptions = {},
): Promise<Conversation> {
  const { signal } = options;
  const messages = checkMessages(prompt.messages);
  const tools = checkTools(prompt);
  const tokenizer = forChat(model.tokenizer);
  const template = chatTemplateFor(tokenizer, model.chatTemplate);
  const { family, native } = callFormatOf(template);
  const marks = thinkMarksOf(template);
  const { reasoning } = prompt;
  const switched = marks?.variable !== undefined && reasoning !== undefined ? { [marks.variable]: reasoning } : {};
  const variables = { ...switched, ...prompt.variables };
  const write = (shown: readonly ChatMessage[], known: readonly Tool[] | null): Promise<string> =>
    writePrompt(tokenizer, template, shown, { tools: known, variables, signal });

  const shownTools = tools.length > 0 ? tools.map((tool) => shownTool(tool, template)) : null;
  const writeAll = native
    ? (said: readonly ChatMessage[]) => write(inItsWords(said, family), shownTools)
    : (said: readonly ChatMessage[]) => writePlain(withPlainCalls(said), tools, (shown) => write(shown, null));

  let text = await writeAll(messages);
  let thoughts: Conversation["thoughts"];
  if (marks) {
    const begun = opensThoughts(text, marks);
    const off = reasoning === false;
    if (begun && off) text += closing(text, marks);
    thoughts = { ...marks, begun: begun && !off, off };
  }
  text += prompt.opening ?? "";
  return {
    promptIds: await encodePrompt(tokenizer, text, options),
    calls: tools.length > 0 ? callsOf(prompt, family, tools) : undefined,
    thoughts,
    leftOut: await leftOutOf(messages, writeAll),
  };
}

function callsOf({ toolChoice, parallelToolCalls = true }: ChatPrompt, family: CallFamily, tools: readonly Tool[]): Conversation["calls"] {
  if (typeof toolChoice === "object") {
    const first = tools.findIndex((tool) => tool.function.name === toolChoice.name);
    return { family, tools: [tools[first]], first, forced: true, several: false };
  }
  // Llama 3 was trained for one call at a time. Where it writes several, they are read.
  const forced = toolChoice === "required";
  return { family, tools, first: 0, forced, several: parallelToolCalls && !(forced && family === "llama") };
}

/** What a model can do: what lists of models tell. */
export interface Capabilities {
  readonly chat: boolean;
  /** Its template knows tools. Others are told of them by messages. */
  readonly tools: boolean;
  /** It thinks before it answers, or can. */
  readonly reasoning: boolean;
}

export function capabilitiesOf(template: string | undefined, tokenizer: Tokenizer | undefined): Capabilities {
  try {
    return capabilitiesIn(chatTemplateFor(forChat(tokenizer), template));
  } catch {
    return { chat: false, tools: false, reasoning: false };
  }
}

/** What a chat template says of its model, before it is loaded. */
export function capabilitiesIn(template: string): Capabilities {
  return { chat: true, tools: callFormatOf(template).native, reasoning: thinkMarksOf(template) !== undefined };
}

/** Templates of models with ids of nine letters refuse others, and those of models that make one call at a time several. */
function inItsWords(messages: readonly ChatMessage[], family: CallFamily): readonly ChatMessage[] {
  if (family === "llama") return oneCallEach(messages);
  return family === "hermes" ? messages : withNineLetters(messages);
}

/** As templates read it: they break where a description is missing, and `strict` is a matter between client and server. */
function shownTool({ type, function: { strict: _, ...offered } }: Tool, template: string): Tool {
  const { description = template.includes(".description") ? "" : undefined, parameters = { type: "object", properties: {} } } = offered;
  return { type, function: { ...offered, description, parameters } };
}

/** @throws UsageError where the template shows no message that could tell of the tools: the model would not know them */
async function writePlain(
  messages: readonly ChatMessage[],
  tools: readonly Tool[],
  write: (messages: readonly ChatMessage[]) => Promise<string>,
): Promise<string> {
  if (tools.length === 0) return write(messages);
  // Anybody may have said what the description says, but not this word at its end.
  const word = unheardWord();
  const described = describeTools(tools) + word;
  const places = [
    () =>
      write(withSystemText(messages, described)).catch((error: unknown) => {
        if (error instanceof TemplateRefusal && messages[0].role !== "system") return "";
        throw error;
      }),
    () => write(withUserText(messages, described, "first")),
    () => write(withUserText(messages, described, "last")), // some templates show the last message alone
  ];
  for (const writtenThere of places) {
    const text = await writtenThere();
    if (text.includes(word)) return text.replaceAll(word, "");
  }
  throw new UsageError("the model's chat template leaves out every message that could tell of the tools: leave the tools out");
}
