import { describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { parseModelRef, showHubRef } from "./model-ref.ts";

const hub = (repo: string, file?: string, revision = "main"): object => ({ kind: "hub", model: { repo, revision, file } });

describe("a model's name", () => {
  it.each([
    ["hf:meta/tiny", hub("meta/tiny")],
    ["hf:meta/tiny/a/b.gguf", hub("meta/tiny", "a/b.gguf")],
    ["hf:meta/tiny@v1.0/b.gguf", hub("meta/tiny", "b.gguf", "v1.0")],
    ["hf:meta/tiny@refs%2Fpr%2F1", hub("meta/tiny", undefined, "refs/pr/1")],
    ["hf:Q_w-e.n/Qwen2.5-0.5B-Instruct-GGUF/x@y.gguf", hub("Q_w-e.n/Qwen2.5-0.5B-Instruct-GGUF", "x@y.gguf")],
    ["hf.co/meta/tiny", hub("meta/tiny")],
    ["hf.co/meta/tiny:latest", hub("meta/tiny")],
    ["huggingface.co/meta/tiny:Q4_K_M", { kind: "hub", model: { repo: "meta/tiny", revision: "main", quantisation: "Q4_K_M" } }],
    ["https://example.org/a.gguf", { kind: "url", url: "https://example.org/a.gguf" }],
    ["HTTP://127.0.0.1/a.gguf", { kind: "url", url: "HTTP://127.0.0.1/a.gguf" }],
    ["ollama:llama3.2:1b", { kind: "stored", name: "ollama:llama3.2:1b" }],
    ["lmstudio:pub/repo/a.gguf", { kind: "stored", name: "lmstudio:pub/repo/a.gguf" }],
    ["hf-cache:meta/tiny", { kind: "stored", name: "hf-cache:meta/tiny" }],
    ["C:\\models\\a.gguf", { kind: "path-or-name", text: "C:\\models\\a.gguf" }],
    ["./hf/a.gguf", { kind: "path-or-name", text: "./hf/a.gguf" }],
    ["llama3.2", { kind: "path-or-name", text: "llama3.2" }],
  ])("%s is read", (text, expected) => {
    expect(parseModelRef(text)).toEqual(expected);
  });

  it.each([
    "hf:",
    "hf:meta",
    "hf:meta/",
    "hf:meta/..",
    "hf:../meta",
    "hf:./meta",
    "hf:meta/../x.gguf",
    "hf:me ta/tiny",
    "hf:meta/tiny/",
    "hf:meta/tiny@/x",
    "hf:meta/tiny@%",
    "hf.co/meta",
    "hf.co/meta/..",
    "hf.co/meta/tiny/a.gguf",
    "hf.co/meta/tiny@main",
    "hf.co/meta/tiny:Q4/K",
    " ",
  ])("%j is refused", (text) => {
    expect(() => parseModelRef(text)).toThrow(UsageError);
  });

  it("is written as it is read", () => {
    for (const text of ["hf:meta/tiny", "hf:meta/tiny/a/b.gguf", "hf:meta/tiny@refs%2Fpr%2F1/b.gguf"]) {
      const parsed = parseModelRef(text);
      expect(parsed.kind === "hub" && showHubRef(parsed.model)).toBe(text);
    }
  });
});
