// Earlier calls and results in the order that templates want, also of thousands.
import { expect, it, vi } from "vitest";
import type { ChatMessage } from "../messages.ts";
import { oneCallEach, withNineLetters } from "./history.ts";

const call = (id: string | undefined, name: string) => ({ id, type: "function" as const, function: { name, arguments: {} } });
const result = (tool_call_id: string | undefined, content: string): ChatMessage => ({ role: "tool", tool_call_id, content });

it("puts the result of each call behind it: by its id, or the oldest without one", () => {
  const calls = [call("a", "f"), call("b", "g"), call(undefined, "h")];
  const results = [result("b", "of g"), result(undefined, "first"), result("x", "of none"), result("a", "of f"), result("", "second")];
  const told = oneCallEach([{ role: "assistant", content: "", tool_calls: calls }, ...results]);
  expect(told.map((message) => message.tool_calls?.[0].function.name ?? message.content)).toEqual([
    ...["f", "first", "g", "of g", "h", "second"],
    ...["of none", "of f"],
  ]);
});

it("gives results without an id those of the calls that wait", () => {
  const calls = [call("aaaaaaaaa", "f"), call("bbbbbbbbb", "g"), call("ccccccccc", "h")];
  const results = [result("bbbbbbbbb", ""), result(undefined, ""), result(undefined, "")];
  const told = withNineLetters([{ role: "assistant", content: "", tool_calls: calls }, ...results]);
  expect(told.slice(1).map(({ tool_call_id }) => tool_call_id)).toEqual(["bbbbbbbbb", "aaaaaaaaa", "ccccccccc"]);
});

it("walks along the results of thousands of calls once", () => {
  const calls = Array.from({ length: 5000 }, (_, i) => call(`${i}`.padStart(9, "0"), `f${i}`));
  const results = calls.map(({ id }) => result(id, "")).reverse();
  const messages = [{ role: "assistant", content: "", tool_calls: calls }, ...results];
  const walks = (["findIndex", "filter", "splice"] as const).map((name) => vi.spyOn(Array.prototype, name));
  const apart = oneCallEach(messages);
  const nine = withNineLetters(messages);
  const count = walks.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
  vi.restoreAllMocks();
  expect(count).toBeLessThan(10);
  expect(apart.filter((_, i) => i % 2 === 1).map(({ tool_call_id }) => tool_call_id)).toEqual(calls.map(({ id }) => id));
  expect(nine).toHaveLength(5001);
});
