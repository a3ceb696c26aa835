import { describe, expect, it } from "vitest";
import { type Answer, added, branchTo, type Conversation, newConversation, replaced, siblings, titleOf, turnedTo } from "./conversation.ts";
import { readSettings } from "./settings.ts";

const answer = { role: "assistant", model: "m", state: "done" } as const;

/** Two questions, of which the first was answered twice. */
function conversation(): Conversation {
  let made = newConversation("c", "title", readSettings(""), 1);
  made = added(made, undefined, { role: "user", text: "q0" }); // 0
  made = added(made, 0, { ...answer, text: "a1" }); // 1
  made = added(made, 1, { role: "user", text: "q2" }); // 2
  made = added(made, 2, { ...answer, text: "a3" }); // 3
  return added(made, 0, { ...answer, text: "a4" }); // 4
}

const texts = (of: Conversation, last?: number): string[] => branchTo(of, last).map(({ text }) => text);

describe("a conversation", () => {
  it("is empty at first, and its first message has no parent", () => {
    expect(branchTo(newConversation("c", "title", readSettings(""), 1))).toEqual([]);
    expect("parent" in conversation().messages[0]).toBe(false);
  });

  it("shows the branch of what was added last", () => {
    expect(texts(conversation())).toEqual(["q0", "a4"]);
    expect(texts(conversation(), 2)).toEqual(["q0", "a1", "q2"]);
  });

  it("turns to the newest branch that goes through a message", () => {
    const turned = turnedTo(conversation(), 1);
    expect(texts(turned)).toEqual(["q0", "a1", "q2", "a3"]);
    const edited = added(turned, 1, { role: "user", text: "q5" });
    expect(texts(turnedTo(turnedTo(edited, 4), 0))).toEqual(["q0", "a4"]);
    expect(texts(turnedTo(edited, 1))).toEqual(["q0", "a1", "q5"]);
  });

  it("knows who stands in the same place, the first questions too", () => {
    expect(siblings(conversation(), 4)).toEqual([1, 4]);
    expect(siblings(conversation(), 2)).toEqual([2]);
    expect(siblings(added(conversation(), undefined, { role: "user", text: "other" }), 0)).toEqual([0, 5]);
  });

  it("changes nothing that was there", () => {
    const before = conversation();
    const after = replaced(before, { ...(before.messages[4] as Answer), text: "new" });
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
