// Errors on their way between threads.
import { expect, it } from "vitest";
import { ToolError } from "../../chat/tool-error.ts";
import { UsageError } from "../../errors.ts";
import { OptionError, wrongOption } from "../../generate/option-error.ts";
import { plainError, revivedError } from "./plain-error.ts";

it("an option's error keeps its option, a tool's its place, and others their class", () => {
  const error = revivedError(structuredClone(plainError(wrongOption("topP", "is 2: expected less"))));
  expect(error).toBeInstanceOf(OptionError);
  expect(error).toMatchObject({ fault: { option: "topP", text: "is 2: expected less" }, message: "topP is 2: expected less" });
  const tool = revivedError(structuredClone(plainError(new ToolError(2, "y"))));
  expect(tool).toBeInstanceOf(ToolError);
  expect(tool).toMatchObject({ place: 2, message: "y" });
  const other = revivedError(structuredClone(plainError(new UsageError("x"))));
  expect([other.constructor, other.message]).toEqual([UsageError, "x"]);
});
