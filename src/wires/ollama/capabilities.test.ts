// What /api/show says that a model can do.
import { expect, it } from "vitest";
import { ollamaCapabilities } from "./capabilities.ts";

it.each([
  [undefined, ["completion"]],
  ["{{ messages[0].content }}", ["completion"]],
  ["{% if tools %}<tool_call>{% endif %}", ["completion", "tools"]],
  ["<think></think>", ["completion", "thinking"]],
  ["<tool_call><think></think>", ["completion", "tools", "thinking"]],
])("of a model with the template %j", (template, expected) => {
  expect(ollamaCapabilities(template)).toEqual(expected);
});
