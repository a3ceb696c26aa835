// A conversation is a tree: an edited question and a regenerated answer are branches beside the earlier ones, and nothing that was said is lost. All of it is
// plain data; each change gives a new conversation.
import type { LeftOut } from "../../src/chat/left-out.ts";
import type { Settings } from "./settings.ts";

/** All but the messages: what a list of conversations needs. */
export interface Head {
  readonly id: string;
  readonly title: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly changed: number;
  /** The last message of the branch that is shown; none before the first. */
  readonly leaf?: string;
  readonly settings: Settings;
}

export interface Conversation {
  readonly head: Head;
  /** By their order: parents stand before their children. */
  readonly messages: readonly Message[];
}

interface Place {
  /** Drawn at random. Two pages may write to one conversation at a time, and neither writes over what it has not seen of the other. */
  readonly id: string;
  /** One more than the highest that its page knew of. Where two pages gave the same, their ids decide. */
  readonly order: number;
  /** Undefined: the conversation begins with it. */
  readonly parent?: string;
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
  /** What of the conversation its model was not shown. */
  readonly leftOut?: readonly LeftOut[];
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
  return { head: { id, title, created: now, changed: now, settings }, messages: [] };
}

type Without<T, K extends string> = T extends unknown ? Omit<T, K> : never;

/** With a message more, and its branch shown. */
export function added({ head, messages }: Conversation, message: Without<Message, "order">): Conversation {
  const order = (messages.at(-1)?.order ?? -1) + 1;
  return { head: { ...head, leaf: message.id }, messages: [...messages, { ...message, order }] };
}

/** With another message in the place of one that has its id. */
export function replaced({ head, messages }: Conversation, message: Message): Conversation {
  return { head, messages: messages.map((each) => (each.id === message.id ? message : each)) };
}

/** With what another page has kept meanwhile. The branch that is shown stays in sight, and goes on where the other page went on with it. */
export function merged(own: Conversation, kept: Conversation): Conversation {
  const { leaf } = own.head;
  const byId = new Map([...own.messages, ...kept.messages].map((message) => [message.id, message]));
  const messages = [...byId.values()].sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
  const both = { head: kept.head, messages };
  return branchTo(both).some(({ id }) => id === leaf) ? both : { head: { ...kept.head, leaf }, messages };
}

/** The message that has an id of this conversation. */
export function messageOf({ messages }: Conversation, id: string): Message {
  return messages.find((message) => message.id === id)!;
}

/** From the first message to `last`, by default to the end of the branch that is shown. */
export function branchTo({ head, messages }: Conversation, last: string | undefined = head.leaf): Message[] {
  const byId = new Map<string | undefined, Message>(messages.map((message) => [message.id, message]));
  const branch: Message[] = [];
  for (let message = byId.get(last); message; message = byId.get(message.parent)) branch.push(message);
  return branch.reverse();
}

/** What the answers of a branch, by their ids, tell that their model was not shown: each thing once. */
export function leftOutNews(branch: readonly Message[]): ReadonlyMap<string, readonly LeftOut[]> {
  const told = new Set<LeftOut>();
  const news = new Map<string, readonly LeftOut[]>();
  for (const message of branch) {
    if (message.role === "user" || !message.leftOut) continue;
    news.set(
      message.id,
      message.leftOut.filter((each) => !told.has(each)),
    );
    for (const each of message.leftOut) told.add(each);
  }
  return news;
}

/**
 * The ids of a message and of those that stand in its place on other branches, the oldest first. Answers that failed before they said anything are not
 * worth another look.
 */
export function siblings(conversation: Conversation, id: string): string[] {
  const { parent } = messageOf(conversation, id);
  const inPlace = conversation.messages.filter((message) => message.parent === parent && (message.id === id || !isEmpty(message)));
  return inPlace.map((message) => message.id);
}

/** Showing the newest branch that goes through a message, past answers that failed before they said anything where there is another. */
export function turnedTo(conversation: Conversation, id: string): Conversation {
  let leaf = id;
  for (;;) {
    const children = conversation.messages.filter((message) => message.parent === leaf);
    const child = children.findLast((message) => !isEmpty(message)) ?? children.at(-1);
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

function isEmpty(message: Message): boolean {
  return message.role === "assistant" && message.state === "failed" && message.text === "";
}
