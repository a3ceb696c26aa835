import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goldenPath, readGolden, sharedPath } from "../../test/goldens.ts";
import { FormatError, UsageError } from "../errors.ts";
import { loadTokenizer } from "./load.ts";

const llama2 = sharedPath("data/tokenizers/llama2/tokenizer.model");
const llama3 = sharedPath("data/tokenizers/llama3/tokenizer.model");
const spmGguf = sharedPath("data/tokenizers/ggml-vocab/ggml-vocab-llama-spm.gguf");
const hf = goldenPath("tokenizers/hf");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cria-tokenizer-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Files in a fresh folder; its path. */
function folderWith(files: Record<string, string | Uint8Array>): string {
  const path = mkdtempSync(join(folder, "model-"));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

const text = "Hello, llama \u{1f999}!";

describe("loadTokenizer", () => {
  it.skipIf(!llama2)("opens tokenizer.model of SentencePiece as path, URL, folder and Blob, whatever its name", async () => {
    const bytes = readFileSync(llama2!);
    const ids = [15043, 29892, 11148, 3304, 29871, 243, 162, 169, 156, 29991];
    const sources = [
      llama2!,
      pathToFileURL(llama2!),
      folderWith({ "tokenizer.model": bytes }),
      new Blob([bytes]),
      new File([bytes], "a.bin"),
    ];
    for (const source of sources) expect((await loadTokenizer(source)).encode(text)).toEqual(ids);
  });

  it.skipIf(!llama2 || !spmGguf || !hf)("opens the same tokenizer as GGUF and as tokenizer.json", async () => {
    const model = await loadTokenizer(llama2!);
    for (const source of [spmGguf!, join(hf!, "llama2-style"), join(hf!, "llama2-style", "tokenizer.json")]) {
      const other = await loadTokenizer(source);
      expect(other.encode(text, { addSpecial: true })).toEqual(model.encode(text, { addSpecial: true }));
      expect([other.bosId, other.eosId, other.endIds, other.vocabSize]).toEqual([1, 2, new Set([2]), 32000]);
    }
  });

  it.skipIf(!llama3)("opens tiktoken's tokenizer.model, equal to llama.cpp's cases for llama-bpe", async () => {
    const tokenizer = await loadTokenizer(llama3!);
    const cases = sharedPath("data/tokenizers/ggml-vocab/ggml-vocab-llama-bpe.gguf.inp")!;
    const texts = readFileSync(cases, "utf8").split("\n__ggml_vocab_test__\n").slice(0, -1);
    const lines = readFileSync(cases.replace(/inp$/, "out"), "utf8").trimEnd().split("\n");
    expect(texts.map((each) => tokenizer.encode(each).join(" "))).toEqual(lines.map((line) => line.trim()));
    expect([tokenizer.bosId, tokenizer.eosId, tokenizer.endIds]).toEqual([128000, 128001, new Set([128001, 128008, 128009])]);
  });

  it.skipIf(!sharedPath("data/tokenizers/gpt2"))("opens vocab.json with merges.txt", async () => {
    const golden = readGolden("tokenizers/gpt2.json").cases.find((each: { kind: string }) => each.kind === "prose");
    const from = (name: string): Uint8Array => readFileSync(sharedPath(`data/tokenizers/gpt2/gpt2_${name}`)!);
    const path = folderWith({ "vocab.json": from("vocab.json"), "merges.txt": from("merges.txt") });
    expect((await loadTokenizer(path)).encode(golden.text)).toEqual(golden.ids);
    await expect(loadTokenizer(folderWith({ "vocab.json": from("vocab.json") }))).rejects.toThrow(/merges\.txt/);
  });

  it.skipIf(!llama2)("takes further tokens and the ends of answers from the files beside it", async () => {
    const config = {
      bos_token: "<s>",
      eos_token: { content: "<|im_end|>" },
      add_bos_token: false,
      add_eos_token: true,
      added_tokens_decoder: {
        2: { content: "</s>", special: true },
        32000: { content: "<|im_end|>", special: true },
        32001: { content: "<tool>" },
      },
    };
    const tokenizer = await loadTokenizer(
      folderWith({
        "tokenizer.model": readFileSync(llama2!),
        "tokenizer_config.json": JSON.stringify(config),
        "generation_config.json": '{"eos_token_id": [2, 7]}',
        "config.json": '{"eos_token_id": 9}',
      }),
    );
    expect(tokenizer.vocabSize).toBe(32002);
    expect(tokenizer.encode("Hello<tool><|im_end|>", { parseSpecial: true, addSpecial: true })).toEqual([15043, 32001, 32000, 32000]);
    expect(tokenizer.decode([15043, 32001, 32000], { skipSpecial: true })).toBe("Hello<tool>");
    expect(tokenizer.endIds).toEqual(new Set([32000, 2, 7, 9]));
  });

  it("opens a URL, with the files that the server has beside it", async () => {
    const files: Record<string, string> = {
      "/m/vocab.json": '{"a": 0, "b": 1, "ab": 2, "<|endoftext|>": 3}',
      "/m/merges.txt": "#version: 0.2\na b\n",
      "/m/generation_config.json": '{"eos_token_id": [1]}',
    };
    const server = createServer((request, response) => {
      const content = files[request.url!];
      if (content === undefined) return response.writeHead(404).end();
      const [, first, last] = /bytes=(\d+)-(\d+)/.exec(request.headers.range!)!.map(Number);
      const part = content.slice(first, last + 1);
      response.writeHead(206, { "Content-Range": `bytes ${first}-${first + part.length - 1}/${content.length}` }).end(part);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const tokenizer = await loadTokenizer(`http://127.0.0.1:${(server.address() as AddressInfo).port}/m/vocab.json`);
      expect(tokenizer.encode("abba")).toEqual([2, 1, 0]);
      expect(tokenizer.endIds).toEqual(new Set([3, 1]));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("does not take a server that fails for one that has no such file", async () => {
    const server = createServer((request, response) => {
      if (request.url!.includes("tokenizer_config")) return response.writeHead(503).end();
      response.writeHead(206, { "Content-Range": "bytes 0-1/2" }).end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const opening = loadTokenizer(`http://127.0.0.1:${(server.address() as AddressInfo).port}/m/tokenizer.json`);
      await expect(opening).rejects.toThrow(/tokenizer_config\.json: the server answered 503/);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("says what is missing or wrong", async () => {
    await expect(loadTokenizer(join(folder, "absent"))).rejects.toThrow(UsageError);
    await expect(loadTokenizer(folderWith({ "notes.txt": "" }))).rejects.toThrow(/none of tokenizer\.json, tokenizer\.model, vocab\.json/);
    await expect(loadTokenizer(folderWith({ "tokenizer.model": "" }))).rejects.toThrow(FormatError);
    await expect(loadTokenizer(folderWith({ "tokenizer.model": "once upon a time" }))).rejects.toThrow(FormatError);
    await expect(loadTokenizer(folderWith({ "tokenizer.json": '{"model":' }))).rejects.toThrow(FormatError);
    await expect(loadTokenizer(folderWith({ "tokenizer.json": Uint8Array.of(0x7b, 0xff) }))).rejects.toThrow(/UTF-8/);
    await expect(loadTokenizer(new Blob(["GGUF"]))).rejects.toThrow(FormatError);
  });

  it.skipIf(!llama2).each([
    ["tokenizer_config.json", "[]"],
    ["tokenizer_config.json", '{"added_tokens_decoder": {"-1": {"content": "x"}}}'],
    ["generation_config.json", '{"eos_token_id": "two"}'],
    ["config.json", '{"eos_token_id": [-1]}'],
  ])("refuses %s with %s", async (name, content) => {
    const path = folderWith({ "tokenizer.model": readFileSync(llama2!), [name]: content });
    await expect(loadTokenizer(path)).rejects.toThrow(FormatError);
    await expect(loadTokenizer(path)).rejects.toThrow(name);
  });
});
