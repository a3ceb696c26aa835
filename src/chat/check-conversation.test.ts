// Tools of strangers: each name once, and no walk along all names for each of them.
import { expect, it, vi } from "vitest";
import { checkTools } from "./check-conversation.ts";

const tool = (name: string) => ({ type: "function" as const, function: { name } });

it("finds a name that comes twice without a walk for each", () => {
  const tools = Array.from({ length: 5000 }, (_, i) => tool(`f${i}`));
  const walks = vi.spyOn(Array.prototype, "indexOf");
  const checked = checkTools({ messages: [], tools });
  expect(() => checkTools({ messages: [], tools: [...tools, tool("f7")] })).toThrow('tools[5000].function.name is "f7"');
  const count = walks.mock.calls.length;
  vi.restoreAllMocks();
  expect(count).toBeLessThan(1000);
  expect(checked).toHaveLength(5000);
});
