// What a chat template leaves out of a conversation without a word. Templates of models that were trained for single questions do so; who asks has to hear of it.
import type { ChatMessage } from "./messages.ts";
import { unheardWord } from "./unheard-word.ts";

/** The system message at the beginning; system messages behind it; results of calls; anything else that was said, as a rule before the last message. */
export type LeftOut = "system" | "later system" | "tool results" | "history";

const inWords: Readonly<Record<LeftOut, string>> = {
  system: "the system message",
  "later system": "later system messages",
  "tool results": "results of tools",
  history: "earlier messages",
};

export const leftOutKinds = Object.keys(inWords) as readonly LeftOut[];

/** Without the stop at its end. */
export function leftOutSentence(leftOut: readonly LeftOut[]): string {
  return `the model's chat template does not show it ${leftOut.map((each) => inWords[each]).join(", ")}`;
}

/**
 * What of these messages does not reach the model. What a template refuses it does not leave out.
 *
 * Templates choose by the place and the role of a message, by how many there are, by tools and variables. So the same conversation is written once more, with
 * a word of its own in the place of each text.
 */
export async function leftOutOf(
  messages: readonly ChatMessage[],
  write: (messages: readonly ChatMessage[]) => Promise<string>,
): Promise<readonly LeftOut[]> {
  const lastQuestion = messages.findLastIndex(({ role }) => role === "user");
  // A template that does not even show the question is not understood, and then there is nothing to find.
  if (messages.length === 1 && lastQuestion === 0) return [];
  const word = unheardWord();
  const text = await write(messages.map((message, i) => saying(message, `${word}-${i}-`))).catch(() => "");
  const shown = new Set(Array.from(text.matchAll(new RegExp(`${word}-(\\d+)-`, "g")), ([, place]) => Number(place)));
  if (!shown.has(lastQuestion) && !shown.has(messages.length - 1)) return [];
  const found = new Set<LeftOut>();
  for (const [i, message] of messages.entries()) {
    if (saysSomething(message) && !shown.has(i)) found.add(kindOf(message, i));
  }
  return leftOutKinds.filter((each) => found.has(each));
}

function kindOf({ role }: ChatMessage, place: number): LeftOut {
  if (role === "system") return place === 0 ? "system" : "later system";
  return role === "tool" ? "tool results" : "history";
}

function hasText({ content }: ChatMessage): boolean {
  return typeof content === "string" ? content.trim() !== "" : (content ?? []).length > 0;
}

function saysSomething(message: ChatMessage): boolean {
  return hasText(message) || message.tool_calls !== undefined;
}

/** The same message with this in the place of its text and of the names in its calls. */
function saying(message: ChatMessage, mark: string): ChatMessage {
  return {
    ...message,
    ...(hasText(message) ? { content: mark } : {}),
    ...(message.tool_calls
      ? { tool_calls: message.tool_calls.map((call) => ({ ...call, function: { ...call.function, name: mark } })) }
      : {}),
  };
}
