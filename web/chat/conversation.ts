// A conversation is a tree: an edited question and a regenerated answer are branches beside the earlier ones, and nothing that was said is lost. All of it is
// plain data; each change gives a new conversation.
import type { Settings } from "./settings.ts";

/** All but the messages: what a list of conversations needs. */
export interface Head {
  readonly id: string;
  readonly title: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly changed: number;
  /** The last message of the branch that is shown. */
  readonly leaf: number;
  readonly settings: Settings;
}

export interface Conversation {
  readonly head: Head;
  /** A message's id is its place here. Parents stand before their children. */
  readonly messages: readonly Message[];
}

interface Place {
  readonly id: number;
  /** Undefined: the conversation begins with it. */
  readonly parent?: number;
}

export interface Question extends Place {
  readonly role: "user";
  readonly text: string;
}

export interface Answer extends Place {
  readonly role: "assistant";
  readonly text: string;
  readonly model: string;
  readonly state: AnswerState;
  /** What the model thought before it answered. */
  readonly thoughts?: string;
  readonly tokens?: readonly Token[];
  readonly counts?: Counts;
  readonly time?: Times;
  /** The server's finish_reason. */
  readonly finish?: string;
  /** The most tokens that the answer might have had. */
  readonly maxTokens?: number;
  /** Why there is no more of it. */
  readonly problem?: Problem;
}

export type Message = Question | Answer;

/** An answer that is kept as "writing" and that nobody writes was cut off when its page was closed. */
export type AnswerState = "writing" | "done" | "stopped" | "failed";

export interface Alternative {
  readonly text: string;
  /** Natural logarithm of its probability. */
  readonly logprob: number;
}

export interface Token extends Alternative {
  /** The likeliest, best first. */
  readonly top: readonly Alternative[];
  /** Its own place among them, where it is one of them. */
  readonly among?: number;
}

/** In tokens. */
export interface Counts {
  readonly prompt: number;
  readonly cached: number;
  readonly generated: number;
}

/** Milliseconds: until the first token came, and from there to the last. */
export interface Times {
  readonly first: number;
  readonly rest: number;
}

export interface Problem {
  /** A sentence. */
  readonly text: string;
  /** The context is full: the same request would fail again. */
  readonly full?: boolean;
}

export function newConversation(id: string, title: string, settings: Settings, now: number): Conversation {
  return { head: { id, title, created: now, changed: now, leaf: -1, settings }, messages: [] };
}

type Without<T, K extends string> = T extends unknown ? Omit<T, K> : never;

/** With a message more, below `parent`, and its branch shown. */
export function added(conversation: Conversation, parent: number | undefined, message: Without<Message, "id" | "parent">): Conversation {
  const id = conversation.messages.length;
  const placed = { ...message, id, ...(parent === undefined ? {} : { parent }) } as Message;
  return { head: { ...conversation.head, leaf: id }, messages: [...conversation.messages, placed] };
}

/** With another message in the place of one that has its id. */
export function replaced(conversation: Conversation, message: Message): Conversation {
  return { ...conversation, messages: conversation.messages.with(message.id, message) };
}

/** From the first message to `last`, by default to the end of the branch that is shown. */
export function branchTo({ head, messages }: Conversation, last: number = head.leaf): Message[] {
  const branch: Message[] = [];
  for (let message: Message | undefined = messages[last]; message; message = parentOf(messages, message)) branch.push(message);
  return branch.reverse();
}

/** The ids of a message and of those that stand in its place on other branches, the oldest first. */
export function siblings({ messages }: Conversation, id: number): number[] {
  const { parent } = messages[id];
  return messages.filter((message) => message.parent === parent).map((message) => message.id);
}

/** Showing the newest branch that goes through a message. */
export function turnedTo(conversation: Conversation, id: number): Conversation {
  let leaf = id;
  for (;;) {
    const child = conversation.messages.findLast((message) => message.parent === leaf);
    if (!child) return { ...conversation, head: { ...conversation.head, leaf } };
    leaf = child.id;
  }
}

const LONGEST_TITLE = 60;

/** The beginning of a conversation in one line. */
export function titleOf(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  if (line.length <= LONGEST_TITLE) return line;
  const cut = line.slice(0, LONGEST_TITLE);
  // At a space, unless that would leave little of it.
  const space = cut.lastIndexOf(" ");
  return `${(space > LONGEST_TITLE / 2 ? cut.slice(0, space) : cut).trimEnd()}...`;
}

function parentOf(messages: readonly Message[], { parent }: Message): Message | undefined {
  return parent === undefined ? undefined : messages[parent];
}
