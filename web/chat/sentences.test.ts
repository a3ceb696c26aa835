import { describe, expect, it } from "vitest";
import type { Answer } from "./conversation.ts";
import { cutOf, problemOf } from "./sentences.ts";
import { CutOffError, RefusedError, UnreachableError } from "./server.ts";

describe("a problem", () => {
  it.each([
    [new UnreachableError(), /cannot be reached/],
    [new CutOffError(), /cut off/],
    [new RefusedError(401, { message: "no key" }), /wants a key/],
    [new RefusedError(429, {}), /busy/],
    [new RefusedError(429, { message: "this key may send 5 requests a minute" }), /^this key may send 5 requests a minute\.$/],
    [new RefusedError(503, {}), /not ready yet/],
    [new RefusedError(503, { message: "big needs 9.0 GB of memory, the server may use 3.5 GB" }), /^big needs 9\.0 GB of memory/],
    [new RefusedError(400, { message: "temperature is 3, expected at most 2" }), /^temperature is 3, expected at most 2\.$/],
    [new RefusedError(502, {}), /^The server answered with the error 502\.$/],
    [new TypeError("x is undefined"), /x is undefined\.$/],
  ])("is a sentence: %s", (error, words) => {
    const { text, full } = problemOf(error);
    expect(text).toMatch(words);
    expect(text).toMatch(/\.$/);
    expect(full).toBeUndefined();
  });

  it("tells a full context plainly, with the server's numbers", () => {
    const error = new RefusedError(400, { message: "the prompt has 700 tokens, the context 512", code: "context_length_exceeded" });
    expect(problemOf(error)).toEqual({ text: expect.stringMatching(/context is full.*700 tokens, the context 512\.$/), full: true });
  });
});

describe("an answer that ended early", () => {
  const answer = { id: "1", order: 1, role: "assistant", text: "", model: "m", state: "done" } as const satisfies Answer;
  const counts = { prompt: 5, cached: 0, generated: 20 };

  it("says whether the settings or the context cut it off", () => {
    expect(cutOf({ ...answer, finish: "stop" })).toBeUndefined();
    expect(cutOf({ ...answer, finish: "length", maxTokens: 20, counts })?.text).toContain("20 tokens");
    expect(cutOf({ ...answer, finish: "length", maxTokens: 21, counts })?.full).toBe(true);
    expect(cutOf({ ...answer, finish: "length", counts })?.text).toContain("context is full");
  });
});
