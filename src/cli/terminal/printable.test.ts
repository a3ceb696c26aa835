import { describe, expect, it } from "vitest";
import { harmless, printable } from "./printable.ts";

describe("text by strangers", () => {
  it("cannot move the cursor, set the title or reorder a line", () => {
    expect(printable("a\x1b[2Jb\x9b1mc\rd\ne\u202ef")).toBe("a\\u001b[2Jb\\u009b1mc\\u000dd\\u000ae\\u202ef");
  });

  it("keeps line breaks and tabs where it is running text, and every letter and emoji", () => {
    expect(harmless("a\tb\nc\x1b]0;title\x07")).toBe("a\tb\nc\\u001b]0;title\\u0007");
    expect(harmless("na\u00efve \u65e5\u672c \u{1f469}\u200d\u{1f680}")).toBe("na\u00efve \u65e5\u672c \u{1f469}\u200d\u{1f680}");
  });
});
