import { expect, it } from "vitest";
import { byName } from "./model-names.ts";

const models = [
  "stories",
  "hf:meta/tiny/tiny-Q8_0.gguf",
  "hf:meta/tiny/tiny-Q4_K_M.gguf",
  "hf:meta/whole",
  "ollama:llama3.2",
  "ollama:llama3.2:1b",
  "ollama:both",
  "lmstudio:both",
].map((name) => ({ name }));

it.each([
  ["stories", "stories"],
  ["stories:latest", "stories"],
  ["stories:1b", undefined],
  ["hf.co/meta/tiny:Q4_K_M", "hf:meta/tiny/tiny-Q4_K_M.gguf"],
  ["hf.co/meta/tiny:q8_0", "hf:meta/tiny/tiny-Q8_0.gguf"],
  ["hf.co/meta/tiny:Q5_0", undefined],
  ["huggingface.co/meta/tiny", "hf:meta/tiny/tiny-Q8_0.gguf"],
  ["hf.co/meta/whole:latest", "hf:meta/whole"],
  ["hf.co/meta/who", undefined],
  ["llama3.2", "ollama:llama3.2"],
  ["llama3.2:latest", "ollama:llama3.2"],
  ["llama3.2:1b", "ollama:llama3.2:1b"],
  ["ollama:llama3.2:latest", "ollama:llama3.2"],
  ["both", undefined],
])("%s is %s", (given, name) => {
  expect(byName(models, given)?.name).toBe(name);
});
