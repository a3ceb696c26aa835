// What a request to answer must not be.
import { expect, it } from "vitest";
import { checkRequest } from "./check-request.ts";

const prompt = { messages: [{ role: "user", content: "Hi" }] };

it.each([
  [[{ prompt, maxTokens: 3 }], '"maxTokens" was given beside the prompt: it is one of the options'],
  [[{ prompt, constructor: 1 }], 'there is no option "constructor"'],
  [[{ prompt, optoins: {} }], 'there is no option "optoins": did you mean "options"?'],
  [[{ prompt: { ...prompt, tolls: [] } }], 'there is no option "tolls": did you mean "tools"?'],
  [[{ prompt: { text: "Hi", parsespecial: true } }], 'did you mean "parseSpecial"?'],
  [[{ messages: [] }], "the request has no prompt: expected { prompt: { messages } }"],
  [[undefined], "the request has no prompt"],
  [[{ prompt }, { maxTokens: 3 }], "options are a part of it, { prompt, options }"],
])("%j", (args, message) => {
  expect(() => checkRequest(...(args as unknown as Parameters<typeof checkRequest>))).toThrow(message);
});

it("takes every field that a request has", () => {
  const all = { prompt: { ids: [1] }, before: [2], tellIds: true, options: { maxTokens: 1 } };
  expect(() => checkRequest(all, new AbortController().signal)).not.toThrow();
});
