import { expect, it } from "vitest";
import { nearest } from "./nearest.ts";

const commands = ["chat", "generate", "tokenize", "inspect", "perplexity", "pull", "list", "doctor"];

it.each([
  ["genrate", "generate"],
  ["generaet", "generate"],
  ["tokenise", "tokenize"],
  ["lsit", "list"],
  ["perp", "perplexity"],
  ["serve", undefined],
  ["x", undefined],
])("%s probably means %s", (given, meant) => {
  expect(nearest(given, commands)).toBe(meant);
});
