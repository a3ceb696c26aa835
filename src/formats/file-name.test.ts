import { expect, it } from "vitest";
import { fileName } from "./file-name.ts";

it.each([
  ["model.gguf", "model.gguf"],
  ["/models/a b?c.gguf", "a b?c.gguf"],
  ["C:\\models\\a%20b.gguf", "a%20b.gguf"],
  ["https://example.com/m/a%20b.gguf?download=true#x", "a b.gguf"],
  ["https://example.com/m/50%.gguf", "50%.gguf"],
  ["https://example.com/m/", ""],
])("the file name of %s is %j", (name, expected) => {
  expect(fileName(name)).toBe(expected);
});
