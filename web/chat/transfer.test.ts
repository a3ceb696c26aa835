import { describe, expect, it } from "vitest";
import { added, type Conversation, newConversation } from "./conversation.ts";
import { readSettings } from "./settings.ts";
import { exported, imported } from "./transfer.ts";

const begun = added(newConversation("c", "A title", readSettings(""), 5), { id: "0", role: "user", text: "Hi" });
const conversation: Conversation = added(begun, {
  ...{
    id: "1",
    parent: "0",
    role: "assistant",
    text: "Hello",
    model: "m",
    state: "done",
    thoughts: "a guest",
    finish: "stop",
    maxTokens: 4,
  },
  tokens: [{ text: "Hello", logprob: -0.5, top: [{ text: "Hello", logprob: -0.5 }] }],
  ...{ counts: { prompt: 3, cached: 1, generated: 1 }, time: { first: 2.5, rest: 0 }, problem: { text: "none", full: false } },
});

const bring = (text: string): Conversation[] => imported(text, () => "new");

/** The file with one value changed. */
function broken(change: (file: { conversations: Record<string, never>[] & { head: object; messages: object[] }[] }) => void): string {
  const file = JSON.parse(exported([conversation]));
  change(file);
  return JSON.stringify(file);
}

describe("a file of conversations", () => {
  it("brings back what was exported, under new ids", () => {
    expect(bring(exported([conversation]))).toEqual([{ ...conversation, head: { ...conversation.head, id: "new" } }]);
    expect(bring(exported([]))).toEqual([]);
    const [named, placed] = ["random", "1"].map((id) => ({
      head: { ...conversation.head, leaf: id },
      messages: [begun.messages[0], { ...conversation.messages[1], id }],
    }));
    expect(bring(exported([named]))).toEqual(bring(exported([placed])));
  });

  it.each([
    ["no JSON", "hello", /not JSON/],
    ["another file", '{"format":"x"}', /no conversations of this page \(format/],
    [
      "a message that lacks its text",
      broken(({ conversations: [one] }) => Object.assign(one.messages[1], { text: 3 })),
      /messages\.1\.text/,
    ],
    ["a message before its parent", broken(({ conversations: [one] }) => Object.assign(one.messages[0], { parent: 1 })), /hang together/],
    ["a message with another's id", broken(({ conversations: [one] }) => Object.assign(one.messages[1], { id: 0 })), /hang together/],
    ["a branch of nothing", broken(({ conversations: [one] }) => Object.assign(one.head, { leaf: 2 })), /hang together/],
  ])("is refused in a sentence: %s", (_, text, words) => {
    expect(() => bring(text)).toThrow(words);
  });
});
