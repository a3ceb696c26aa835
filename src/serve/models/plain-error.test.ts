// Errors on their way between threads.
import { expect, it } from "vitest";
import { UsageError } from "../../errors.ts";
import { OptionError } from "../../generate/option-error.ts";
import { plainError, revivedError } from "./plain-error.ts";

it("an option's error keeps its option, and others their class", () => {
  const error = revivedError(structuredClone(plainError(new OptionError("topP", "topP is 2: expected less"))));
  expect(error).toBeInstanceOf(OptionError);
  expect(error).toMatchObject({ option: "topP", message: "topP is 2: expected less" });
  const other = revivedError(structuredClone(plainError(new UsageError("x"))));
  expect([other.constructor, other.message]).toEqual([UsageError, "x"]);
});
