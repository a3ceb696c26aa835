// Responses that are kept: how many, and which ones go first.
import { expect, it } from "vitest";
import { createResponseMemory } from "./response-memory.ts";
import type { InputMessage, ResponseObject } from "./response-types.ts";

function message(id: string, text: string): InputMessage {
  return { id, type: "message", role: "user", status: "completed", content: [{ type: "input_text", text }] };
}

function responseTo(previous: string | null, id: string): ResponseObject {
  return { id, previous_response_id: previous, output: [] as ResponseObject["output"] } as ResponseObject;
}

it("keeps a thousand; those go first that nobody used, and a conversation from its end", () => {
  const memory = createResponseMemory();
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
  const memory = createResponseMemory();
  for (const id of ["a", "b", "c", "d"]) memory.keep(responseTo(null, id), [message(id, "x".repeat(5e6))]);
  expect(["a", "b", "c", "d"].filter((id) => memory.find(id))).toEqual(["b", "c", "d"]);
  memory.keep(responseTo(null, "e"), [message("e", "x".repeat(17e6))]);
  expect(memory.find("e")).toBeUndefined();
});

it("says which response of a conversation is gone", () => {
  const memory = createResponseMemory();
  memory.keep(responseTo(null, "a"), []);
  memory.keep(responseTo("a", "b"), []);
  expect(memory.remove("a")).toBe(true);
  expect(memory.remove("a")).toBe(false);
  expect(() => memory.conversation("b")).toThrow('"b" goes back to a, which is not kept any more: send the whole conversation as input');
});
