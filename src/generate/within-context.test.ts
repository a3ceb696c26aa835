import { describe, expect, it } from "vitest";
import { goldenPath } from "../../test/goldens.ts";
import { openGguf } from "../formats/index.ts";
import { createGgufTokenizer } from "../tokenizer/index.ts";
import { ContextLengthError } from "./generate.ts";
import { withinContext } from "./within-context.ts";

describe("a tokenizer for prompts", () => {
  it("refuses what cannot fit before it cuts it, and reads everything else as the tokenizer itself", async () => {
    const { metadata, close } = await openGguf(goldenPath("quant/models/tiny64-Q8_0.gguf")!);
    await close();
    const tokenizer = createGgufTokenizer(metadata, "tiny");
    const bounded = withinContext(tokenizer, 16);
    for (const text of ["", "hello", "hello there ".repeat(20)]) expect(bounded.encode(text)).toEqual(tokenizer.encode(text));
    const huge = "a".repeat(10_000_000);
    expect(() => bounded.encode(huge)).toThrow(ContextLengthError);
    expect(() => bounded.encode(huge)).toThrow(/^prompt has 10000000 characters, which are more than 16 tokens/);
  });
});
