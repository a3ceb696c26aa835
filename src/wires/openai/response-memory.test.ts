// Responses that are kept: how many, and which ones go first.
import { expect, it } from "vitest";
import { createResponseMemories } from "./response-memory.ts";
import type { InputMessage, ResponseObject } from "./response-types.ts";

function message(id: string, text: string): InputMessage {
  return { id, type: "message", role: "user", status: "completed", content: [{ type: "input_text", text }] };
}

function responseTo(previous: string | null, id: string): ResponseObject {
  return { id, previous_response_id: previous, output: [] as ResponseObject["output"] } as ResponseObject;
}

it("keeps a thousand; those go first that nobody used, and a conversation from its end", () => {
  const memory = createResponseMemories().of("ann");
  memory.keep(responseTo(null, "a"), [message("1", "one")]);
  memory.keep(responseTo("a", "b"), [message("2", "two")]);
  for (let i = 0; i < 998; i++) memory.keep(responseTo(null, `x${i}`), []);
  expect(memory.conversation("b").map(({ id }) => id)).toEqual(["1", "2"]); // and so it was used
  for (let i = 0; i < 999; i++) memory.keep(responseTo(null, `y${i}`), []);
  expect(memory.find("x997")).toBeUndefined();
  expect(() => memory.conversation("b")).toThrow('there is no response "b" (any more)');
  expect(memory.conversation("a").map(({ id }) => id)).toEqual(["1"]);
  expect([memory.item("1")?.id, memory.item("2")]).toEqual(["1", undefined]);
});

it("keeps 16 MB", () => {
  const memory = createResponseMemories().of("ann");
  for (const id of ["a", "b", "c", "d"]) memory.keep(responseTo(null, id), [message(id, "x".repeat(5e6))]);
  expect(["a", "b", "c", "d"].filter((id) => memory.find(id))).toEqual(["b", "c", "d"]);
});

it("does not keep what is larger than all the room, and nothing makes room for it", () => {
  const memory = createResponseMemories().of("ann");
  memory.keep(responseTo(null, "a"), []);
  memory.keep(responseTo(null, "b"), [message("b", "x".repeat(17e6))]);
  expect([memory.find("b"), memory.find("a")?.response.id]).toEqual([undefined, "a"]);
});

it("is one owner's: others neither find nor continue nor remove", () => {
  const memories = createResponseMemories();
  memories.of("ann").keep(responseTo(null, "a"), [message("1", "one")]);
  const bob = memories.of("bob");
  expect([bob.find("a"), bob.item("1"), bob.remove("a")]).toEqual([undefined, undefined, false]);
  expect(() => bob.conversation("a")).toThrow('there is no response "a" (any more)');
  expect(memories.of("ann").find("a")).toBeDefined();
});

it("keeps four thousand of all owners, the least recently used going first, whoever's they are", () => {
  const memories = createResponseMemories();
  const owners = ["gone", "ann", "bob", "carl"];
  for (const owner of owners) for (let i = 0; i < 1000; i++) memories.of(owner).keep(responseTo(null, `${owner}${i}`), []);
  memories.of("gone").conversation("gone0");
  for (let i = 0; i < 500; i++) memories.of("dave").keep(responseTo(null, `dave${i}`), []);
  const found = (owner: string, i: number) => memories.of(owner).find(`${owner}${i}`) !== undefined;
  expect([found("gone", 0), found("gone", 500), found("gone", 501)]).toEqual([true, false, true]);
  expect([found("ann", 0), found("dave", 499)]).toEqual([true, true]);
});

it("keeps 64 MB of all owners", () => {
  const memories = createResponseMemories();
  for (let i = 0; i < 5; i++) memories.of(`owner ${i}`).keep(responseTo(null, `r${i}`), [message("m", "x".repeat(15e6))]);
  expect([0, 1, 2, 3, 4].filter((i) => memories.of(`owner ${i}`).find(`r${i}`))).toEqual([1, 2, 3, 4]);
});

it("says which response of a conversation is gone", () => {
  const memory = createResponseMemories().of("ann");
  memory.keep(responseTo(null, "a"), []);
  memory.keep(responseTo("a", "b"), []);
  expect(memory.remove("a")).toBe(true);
  expect(memory.remove("a")).toBe(false);
  expect(() => memory.conversation("b")).toThrow('"b" goes back to a, which is not kept any more: send the whole conversation as input');
});

it("finds thousands of items without a walk for each, and none that is gone", () => {
  const memory = createResponseMemories().of("ann");
  let walked = 0;
  const input = Array.from({ length: 1000 }, (_, i) => message(`m${i}`, ""));
  const watched = new Proxy(input, {
    get(list, name) {
      walked++;
      return Reflect.get(list, name);
    },
  });
  memory.keep(responseTo(null, "a"), watched);
  walked = 0;
  for (let i = 0; i < 1000; i++) expect(memory.item(`m${i}`)).toBe(input[i]);
  expect(walked).toBeLessThan(5000);
  memory.keep(responseTo("a", "b"), [message("later", "")]);
  expect([memory.item("m999")?.id, memory.item("later")?.id]).toEqual(["m999", "later"]);
  memory.remove("a");
  expect([memory.item("m999"), memory.item("later")?.id]).toEqual([undefined, "later"]);
});
