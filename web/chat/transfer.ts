// Conversations as a JSON file, to keep elsewhere or to bring into another browser.
import * as v from "valibot";
import { leftOutKinds } from "../../src/chat/left-out.ts";
import type { Conversation } from "./conversation.ts";
import { fromPlaces, type InPlaces, toPlaces } from "./places.ts";
import { settingsSchema } from "./settings.ts";

const FORMAT = "cria-conversations";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const alternative = v.object({ text: v.string(), logprob: v.number() });
const place = { id: count, parent: v.optional(count), text: v.string() };

const messageSchema = v.variant("role", [
  v.object({ role: v.literal("user"), ...place }),
  v.object({
    role: v.literal("assistant"),
    ...place,
    model: v.string(),
    state: v.picklist(["writing", "done", "stopped", "failed"]),
    thoughts: v.optional(v.string()),
    tokens: v.optional(v.array(v.object({ ...alternative.entries, top: v.array(alternative), among: v.optional(count) }))),
    counts: v.optional(v.object({ prompt: count, cached: count, generated: count })),
    time: v.optional(v.object({ first: v.number(), rest: v.number() })),
    finish: v.optional(v.string()),
    maxTokens: v.optional(count),
    leftOut: v.optional(v.array(v.picklist(leftOutKinds))),
    problem: v.optional(v.object({ text: v.string(), full: v.optional(v.boolean()) })),
  }),
]);

const conversationSchema = v.object({
  head: v.object({
    id: v.string(),
    title: v.string(),
    created: v.number(),
    changed: v.number(),
    leaf: v.pipe(v.number(), v.integer()),
    settings: settingsSchema,
  }),
  messages: v.array(messageSchema),
});

const fileSchema = v.object({ format: v.literal(FORMAT), version: v.literal(1), conversations: v.array(conversationSchema) });

export function exported(conversations: readonly Conversation[]): string {
  return `${JSON.stringify({ format: FORMAT, version: 1, conversations: conversations.map(toPlaces) }, null, 1)}\n`;
}

/**
 * The conversations of a file, with new ids: what is here already is not written over.
 *
 * @throws Error in a sentence, when the text is no such file
 */
export function imported(text: string, newId: () => string): Conversation[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("This file is not JSON: choose one that was exported here.");
  }
  const read = v.safeParse(fileSchema, value);
  if (!read.success) {
    const [issue] = read.issues;
    throw new Error(`This file holds no conversations of this page (${v.getDotPath(issue) ?? "at its beginning"}: ${issue.message}).`);
  }
  return read.output.conversations.map(({ head, messages }) => {
    if (!isTree(messages) || head.leaf >= messages.length) throw new Error(`The messages of "${head.title}" do not hang together.`);
    return fromPlaces({ head: { ...head, id: newId() }, messages });
  });
}

/** Parents before their children is also what keeps a branch from being a circle. */
function isTree(messages: InPlaces["messages"]): boolean {
  return messages.every(({ id, parent }, i) => id === i && (parent === undefined || parent < i));
}
