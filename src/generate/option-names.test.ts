import { expect, it } from "vitest";
import { checkOptionNames } from "./option-names.ts";

it("a name that every object has is no option", () => {
  expect(() => checkOptionNames({ constructor: 1 } as object, { seed: true } as object)).toThrow('there is no option "constructor"');
});
