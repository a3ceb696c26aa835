import { describe, expect, it } from "vitest";
import { added, branchTo, type Conversation, merged, newConversation, replaced, siblings, titleOf, turnedTo } from "./conversation.ts";
import { readSettings } from "./settings.ts";

/** With a message whose text is its id. */
const asked = (to: Conversation, id: string, parent?: string) => added(to, { id, parent, role: "user", text: id });
const answered = (to: Conversation, id: string, parent: string) =>
  added(to, { id, parent, role: "assistant", text: id, model: "m", state: "done" });

/** Two questions, of which the first was answered twice. */
function conversation(): Conversation {
  let made = asked(newConversation("c", "title", readSettings(""), 1), "q0");
  made = answered(made, "a1", "q0");
  made = asked(made, "q2", "a1");
  made = answered(made, "a3", "q2");
  return answered(made, "a4", "q0");
}

const texts = (of: Conversation, last?: string): string[] => branchTo(of, last).map(({ text }) => text);

describe("a conversation", () => {
  it("is empty at first", () => {
    expect(branchTo(newConversation("c", "title", readSettings(""), 1))).toEqual([]);
  });

  it("shows the branch of what was added last", () => {
    expect(texts(conversation())).toEqual(["q0", "a4"]);
    expect(texts(conversation(), "q2")).toEqual(["q0", "a1", "q2"]);
  });

  it("turns to the newest branch that goes through a message", () => {
    const turned = turnedTo(conversation(), "a1");
    expect(texts(turned)).toEqual(["q0", "a1", "q2", "a3"]);
    const edited = asked(turned, "q5", "a1");
    expect(texts(turnedTo(turnedTo(edited, "a4"), "q0"))).toEqual(["q0", "a4"]);
    expect(texts(turnedTo(edited, "a1"))).toEqual(["q0", "a1", "q5"]);
  });

  it("knows who stands in the same place, the first questions too", () => {
    expect(siblings(conversation(), "a4")).toEqual(["a1", "a4"]);
    expect(siblings(conversation(), "q2")).toEqual(["q2"]);
    expect(siblings(asked(conversation(), "other"), "q0")).toEqual(["q0", "other"]);
  });

  it("shows an answer that failed before it said anything until there is another", () => {
    const failed = added(conversation(), { id: "a5", parent: "q0", role: "assistant", text: "", model: "m", state: "failed" });
    expect(siblings(failed, "a5")).toEqual(["a1", "a4", "a5"]);
    expect(siblings(answered(failed, "a6", "q0"), "a6")).toEqual(["a1", "a4", "a6"]);
    expect(texts(turnedTo(failed, "q0"))).toEqual(["q0", "a4"]);
    const alone = added(asked(conversation(), "q7"), { id: "a8", parent: "q7", role: "assistant", text: "", model: "m", state: "failed" });
    expect(turnedTo(alone, "q7").head.leaf).toBe("a8");
  });

  it("that two pages wrote to has the messages of both, in an order that both see", () => {
    const [one, two] = [asked(conversation(), "q6", "a4"), answered(asked(conversation(), "q5", "a4"), "a7", "q5")];
    expect(texts(merged(one, two))).toEqual(["q0", "a4", "q6"]);
    expect(texts(merged(two, one))).toEqual(["q0", "a4", "q5", "a7"]);
    const both = ["q0", "a1", "q2", "a3", "a4", "q5", "q6", "a7"];
    for (const { messages } of [merged(one, two), merged(two, one)]) expect(messages.map(({ id }) => id)).toEqual(both);
  });

  it("follows another page along the branch that is shown, and takes its title", () => {
    const { head, messages } = answered(asked(conversation(), "q5", "a4"), "a6", "q5");
    const followed = merged(conversation(), { head: { ...head, title: "new" }, messages });
    expect(texts(followed)).toEqual(["q0", "a4", "q5", "a6"]);
    expect(followed.head.title).toBe("new");
  });

  it("changes nothing that was there", () => {
    const before = conversation();
    const after = replaced(before, { ...before.messages[4], text: "new" });
    expect(after.messages[4].text).toBe("new");
    expect(before.messages[4].text).toBe("a4");
    expect(after.messages[3]).toBe(before.messages[3]);
  });
});

it.each([
  ["short", "short"],
  ["  two\n\nlines ", "two lines"],
  [
    "a question of so many words that nobody would read all of them in a list",
    "a question of so many words that nobody would read all of...",
  ],
  ["x".repeat(100), `${"x".repeat(60)}...`],
])("the title of %j is its beginning", (text, title) => {
  expect(titleOf(text)).toBe(title);
});
