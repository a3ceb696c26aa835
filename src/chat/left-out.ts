// What a chat template leaves out of a conversation without a word. Templates of models that were trained for single questions do so; who asks has to hear of it.
import type { ChatMessage } from "./messages.ts";

/** The system message at the beginning; system messages behind it; whatever was said before the last message. */
export type LeftOut = "system" | "later system" | "history";

type WriteMessages = (messages: readonly ChatMessage[]) => Promise<string>;

const question: ChatMessage = { role: "user", content: "lamplight" };
const answer: ChatMessage = { role: "assistant", content: "snowdrift" };
const system: ChatMessage = { role: "system", content: "birdsong" };
const last: ChatMessage = { role: "user", content: "seashell" };

/** Conversations that a template is tried with, and what it is that one of its words goes missing of. */
const trials: readonly (readonly [LeftOut, readonly ChatMessage[], readonly ChatMessage[]])[] = [
  ["system", [system, last], [system]],
  ["later system", [question, answer, system, last], [system]],
  ["history", [question, answer, last], [question, answer]],
];

/** What was found of each template, by who writes with it: a model has one. */
const known = new WeakMap<object, { readonly template: string; readonly found: Promise<readonly LeftOut[]> }>();

/**
 * What of these messages does not reach the model. What a template refuses it does not leave out.
 *
 * @param owner whose template it is
 */
export async function leftOutOf(
  messages: readonly ChatMessage[],
  owner: object,
  template: string,
  write: WriteMessages,
): Promise<readonly LeftOut[]> {
  const holds = new Set<LeftOut>();
  for (const [i, { role }] of messages.entries()) {
    if (role === "system") holds.add(i === 0 ? "system" : "later system");
    else if (i < messages.length - 1) holds.add("history");
  }
  if (holds.size === 0) return [];
  let entry = known.get(owner);
  if (entry?.template !== template) {
    entry = { template, found: tried(write) };
    known.set(owner, entry);
  }
  return (await entry.found).filter((each) => holds.has(each));
}

async function tried(write: WriteMessages): Promise<readonly LeftOut[]> {
  const found: LeftOut[] = [];
  for (const [what, messages, tested] of trials) {
    const text = await write(messages).catch(() => undefined);
    // A template that does not even show the question is not understood.
    if (text?.includes(last.content as string) && tested.some(({ content }) => !text.includes(content as string))) found.push(what);
  }
  return found;
}
