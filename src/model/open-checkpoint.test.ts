// What a user may name as a model, and the sentence that answers everything else.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goldenPath } from "../../test/goldens.ts";
import { loadDecoder } from "../../test/run-decoder.ts";
import { FormatError, UnsupportedError, UsageError } from "../errors.ts";
import { collectBytes, openSafetensors, writeSafetensors } from "../formats/index.ts";
import { fromStored } from "../formats/tensor-input.ts";
import { createReference } from "../ops/reference/index.ts";
import { loadWeights } from "./load.ts";
import { openCheckpoint } from "./open-checkpoint.ts";

const model = goldenPath("models/llama2-gqa")!;
const sharded = goldenPath("models/llama2-gqa-sharded")!;
const ids = [3, 1, 4, 1, 5];

const folder = mkdtempSync(join(tmpdir(), "cria-open-"));
const write = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

let server: Server;
let url: string;
beforeAll(async () => {
  // Serves the two golden folders, with ranges, as a hub does.
  server = createServer((request, response) => {
    const [, name, file] = (request.url ?? "").split("/");
    const bytes = ((): Buffer | undefined => {
      try {
        return readFileSync(join(name === "sharded" ? sharded : model, file));
      } catch {
        return undefined;
      }
    })();
    if (!bytes) {
      response.writeHead(404).end();
      return;
    }
    const [first, last] = /bytes=(\d+)-(\d+)/
      .exec(request.headers.range ?? "")!
      .slice(1)
      .map(Number);
    const end = Math.min(last, bytes.length - 1);
    response.writeHead(206, { "Content-Range": `bytes ${first}-${end}/${bytes.length}` }).end(bytes.subarray(first, end + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : ""}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

describe("a model is opened", () => {
  const places: [string, () => string | URL][] = [
    ["by its folder", () => model],
    ["by its safetensors file", () => join(model, "model.safetensors")],
    ["by a folder with shards", () => sharded],
    ["by the index of its shards", () => join(sharded, "model.safetensors.index.json")],
    ["by the URL of its folder", () => `${url}/single/`],
    ["by the URL of a folder with shards", () => new URL(`${url}/sharded/`)],
    ["by the URL of its file", () => `${url}/single/model.safetensors`],
  ];
  it.each(places)("%s", async (_how, place) => {
    const logitsOf = async (source: string | URL): Promise<number[][]> => {
      const decoder = await loadDecoder(await openCheckpoint(source), "reference");
      return (await decoder.run([{ ids, start: 0 }])).logits;
    };
    expect(await logitsOf(place())).toEqual(await logitsOf(model));
  });

  it("and opens what stands beside config.json", async () => {
    const checkpoint = await openCheckpoint(model);
    if (checkpoint.convention !== "hf") throw new Error("expected a Hugging Face folder");
    const beside = await checkpoint.beside("golden.json");
    expect(beside?.size).toBeGreaterThan(1000);
    expect(await checkpoint.beside("absent.json")).toBeUndefined();
    await expect(checkpoint.beside("../secret")).rejects.toThrow(FormatError);
    await Promise.all([beside?.close(), checkpoint.file.close()]);
  });

  it("and reports how much of it is loaded, up to all of it", async () => {
    const checkpoint = await openCheckpoint(model);
    const steps: number[] = [];
    await loadWeights(createReference(), checkpoint, {
      onProgress: ({ loadedBytes, totalBytes }) => steps.push(loadedBytes / totalBytes),
    });
    await checkpoint.file.close();
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(steps.at(-1)).toBe(1);
  });
});

describe("a helpful sentence answers", () => {
  it.each<[string, string, string | Uint8Array, RegExp]>([
    [
      "a text file",
      "notes.txt",
      "Dear diary, today I read about llamas.",
      /notes.txt: is a text file: expected a .gguf or .safetensors file/,
    ],
    ["an empty file", "empty.gguf", "", /empty.gguf: is empty/],
    [
      "a pickle",
      "pytorch_model.bin",
      Uint8Array.of(0x80, 2, 0x8a, 0x0a),
      /a pickle, as PyTorch writes checkpoints \(they can run code\): convert it/,
    ],
    ["a zipped pickle", "consolidated.00.pth", Uint8Array.of(0x50, 0x4b, 3, 4, 0), /is a zip archive or a pickle, as PyTorch writes/],
    ["an ONNX graph", "model.onnx", Uint8Array.of(8, 7, 0x12, 7), /is an ONNX graph/],
    ["a GGML file", "old.bin", "tjgg\u0001\u0000\u0000\u0000", /is a GGML file from before GGUF/],
    [
      "a Git LFS pointer",
      "lfs.safetensors",
      "version https://git-lfs.github.com/spec/v1\noid sha256:0",
      /is a Git LFS pointer.*git lfs pull/,
    ],
    ["a web page", "page.gguf", "<!DOCTYPE html><title>Sign in</title>", /is a web page, not a model/],
    ["a tokenizer", "tokenizer.json", "{}", /is a JSON file: give the folder/],
    ["other bytes", "photo.jpg", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 1), /begins with ff d8 ff e0, which no model file does/],
  ])("%s", async (_what, name, content, message) => {
    await expect(openCheckpoint(write(name, content))).rejects.toThrow(message);
    await expect(openCheckpoint(join(folder, name))).rejects.toSatisfy((e) => e instanceof UsageError || e instanceof UnsupportedError);
  });

  it("a wrong path, an empty folder, a missing server file", async () => {
    await expect(openCheckpoint(join(folder, "nowhere.gguf"))).rejects.toThrow(/nowhere.gguf: no such file/);
    const empty = mkdtempSync(join(folder, "empty-"));
    await expect(openCheckpoint(empty)).rejects.toThrow(/the folder holds no model.safetensors: give a .gguf file, or a folder/);
    writeFileSync(join(empty, "pytorch_model.bin"), "");
    await expect(openCheckpoint(empty)).rejects.toThrow(/pytorch_model.bin may be a pickle/);
    writeFileSync(join(empty, "tiny.gguf"), "");
    await expect(openCheckpoint(empty)).rejects.toThrow(/open .*tiny.gguf instead/);
    await expect(openCheckpoint(`${url}/single/other.gguf`)).rejects.toThrow(/404/);
  });

  it("safetensors without its configuration", async () => {
    const bytes = readFileSync(join(model, "model.safetensors"));
    await expect(openCheckpoint(new Blob([bytes]))).rejects.toThrow(/a Blob has no neighbours/);
    await expect(openCheckpoint(write("alone.safetensors", bytes))).rejects.toThrow(/config.json: no such file/);
  });
});

describe("a checkpoint whose parts do not fit together", () => {
  /** The golden Llama with other tensors or another configuration. */
  async function changed(change: { drop?: string; add?: string; config?: object }): Promise<unknown> {
    const path = mkdtempSync(join(folder, "changed-"));
    const config = { ...JSON.parse(readFileSync(join(model, "config.json"), "utf8")), ...change.config };
    writeFileSync(join(path, "config.json"), JSON.stringify(config));
    const source = await openSafetensors(model);
    const tensors = Array.from(source.tensors.values(), fromStored).filter(({ name }) => name !== change.drop);
    if (change.add) tensors.push({ name: change.add, shape: [2], type: "F32", data: new Uint8Array(8) });
    writeFileSync(join(path, "model.safetensors"), await collectBytes(writeSafetensors(tensors)));
    await source.close();
    return openCheckpoint(path).then((checkpoint) => checkpoint.file.close());
  }

  it.each<[string, Parameters<typeof changed>[0], RegExp]>([
    [
      "a missing tensor",
      { drop: "model.layers.1.mlp.up_proj.weight" },
      /tensor "model.layers.1.mlp.up_proj.weight" is missing, expected one of \[112, 64\]/,
    ],
    ["another width", { config: { intermediate_size: 100 } }, /has shape \[112, 64\], the model's configuration asks for \[100, 64\]/],
    [
      "a bias that the configuration leaves out",
      { add: "model.layers.0.self_attn.q_proj.bias" },
      /"model.layers.0.self_attn.q_proj.bias" has no place in a model of family llama/,
    ],
    ["fewer layers than are stored", { config: { num_hidden_layers: 1 } }, /"model.layers.1.*" has no place/],
  ])("is refused before it is loaded: %s", async (_what, change, message) => {
    await expect(changed(change)).rejects.toThrow(FormatError);
    await expect(changed(change)).rejects.toThrow(message);
  });

  it("may carry what is computed anyway", async () => {
    await expect(changed({ add: "model.layers.0.self_attn.rotary_emb.inv_freq" })).resolves.toBeUndefined();
  });
});
