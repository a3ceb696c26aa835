// cria export as a user meets it: every case is a process, and what it leaves behind is read by the library.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collectBytes, type GgufValue, openGguf, openSafetensors, writeSafetensors } from "../src/formats/index.ts";
import { load } from "../src/llama.ts";
import { exportHf } from "../src/model/hf-export.ts";
import { openCheckpoint } from "../src/model/open-checkpoint.ts";
import { tiny_llama, tiny_qwen3 } from "../src/model/presets/tiny.ts";
import { createRng } from "../src/tensor/rng.ts";
import { elementCount } from "../src/tensor/shape.ts";
import { type TrainedTokenizer, trainTokenizer } from "../src/tokenizer/training/train-tokenizer.ts";
import { writeTokenizerConfig, writeTokenizerJson } from "../src/tokenizer/training/write-tokenizer-json.ts";
import { goldenPath } from "./goldens.ts";
import { type Home, makeHome, type Outcome } from "./run-cli.ts";

const prose = "The cat sat on the mat, and the cat ate the rat that sat there.\nThen the rat's brother cried: 1, 2, 3!\n\n".repeat(20);
const template = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}";

let home: Home;
let trained: TrainedTokenizer;
beforeAll(async () => {
  home = makeHome();
  trained = await trainTokenizer([prose], { vocabSize: 290, special: ["<|im_start|>", "<|im_end|>"] });
  await putModel("model", { ...tiny_llama, vocabSize: 300 });
  await putModel("blocks", { ...tiny_llama, dim: 64, hiddenDim: 96, headDim: 16, vocabSize: 300 });
});
afterAll(() => home[Symbol.dispose]());

const at = (name: string): string => join(home.folder, name);
const run = (...args: string[]): Promise<Outcome> => home.cria(["export", ...args]);
/** What is left besides `name`: nothing that is half written may be. */
const leftovers = (name: string): string[] => readdirSync(home.folder).filter((entry) => entry.startsWith(`${name}.`));
const tensorsOf = (name: string): Buffer => readFileSync(join(at(name), "model.safetensors"));

/** A folder with random weights, and the tokenizer with its template; a few rows of the embeddings belong to no piece. */
async function putModel(name: string, config: typeof tiny_llama | typeof tiny_qwen3): Promise<void> {
  const rng = createRng(7);
  const values = new Map<string, Float32Array>();
  const weight = async (path: string, shape: readonly number[]): Promise<Float32Array> => {
    const made = values.get(path) ?? Float32Array.from({ length: elementCount(shape) }, () => 0.2 * rng.normal());
    values.set(path, made);
    return made;
  };
  const { config: json, tensors, metadata } = exportHf(config, weight);
  mkdirSync(at(name));
  const { vocabulary } = trained;
  writeFileSync(join(at(name), "config.json"), json);
  writeFileSync(join(at(name), "model.safetensors"), await collectBytes(writeSafetensors(tensors, metadata)));
  writeFileSync(join(at(name), "tokenizer.json"), writeTokenizerJson(vocabulary));
  writeFileSync(join(at(name), "tokenizer_config.json"), writeTokenizerConfig(vocabulary, template));
}

describe("cria export", () => {
  it("goes from a folder to a GGUF and back without losing a bit", async () => {
    const there = await run("model", "--out", "one.gguf");
    expect(there).toMatchObject({ code: 0, stderr: "" });
    expect(there.stdout).toMatch(/^one\.gguf: [\d,]+ parameters, \d+ kB in tensors \(21 F32\), with tokenizer and chat template\n$/);
    expect(await run("one.gguf", "-o", "back")).toMatchObject({ code: 0, stderr: "" });
    expect(tensorsOf("back").equals(tensorsOf("model"))).toBe(true);
    const names = ["config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];
    expect(readdirSync(at("back")).sort()).toEqual(names);
    for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
      expect(readFileSync(join(at("back"), name), "utf8")).toBe(readFileSync(join(at("model"), name), "utf8"));
    }
    const [before, after] = [await openCheckpoint(at("model")), await openCheckpoint(at("back"))];
    await before.file.close();
    await after.file.close();
    expect(after.config).toMatchObject({ ...before.config, norm: { ...before.config.norm, eps: Math.fround(before.config.norm.eps) } });
    expect([...leftovers("one.gguf"), ...leftovers("back")]).toEqual([]);
  });

  it("keeps the tokenizer, its special tokens and the chat template in both forms", async () => {
    await run("model", "--out", "kept.gguf", "--force");
    await run("model", "--out", "kept", "--type", "BF16");
    for (const made of ["kept.gguf", "kept"]) {
      await using llama = await load(at(made), { backend: "reference" });
      const { tokenizer } = llama;
      const text = "<|im_start|>the rat's<|im_end|>";
      const how = { parseSpecial: true, addSpecial: true };
      expect(tokenizer?.encode(text, how)).toEqual(trained.tokenizer.encode(text, how));
      expect([tokenizer?.bosId, tokenizer?.eosId, tokenizer?.endIds]).toEqual([286, 287, new Set([287, 289])]);
      expect(new Map(tokenizer?.specialTokens)).toEqual(new Map(trained.tokenizer.specialTokens));
      expect(llama.chatTemplate).toBe(template);
    }
    expect(JSON.parse(readFileSync(join(at("kept"), "config.json"), "utf8"))).toMatchObject({ torch_dtype: "bfloat16", bos_token_id: 286 });
  });

  it("writes blocks that answer nearly as the weights do, and widens them again", async () => {
    await run("blocks", "--type", "Q8_0", "--out", "blocks.gguf");
    await run("blocks.gguf", "--out", "widened", "--type", "F32");
    const ids = [5, 77, 290, 12];
    const logits = async (name: string): Promise<Float32Array> => {
      await using llama = await load(at(name), { backend: "reference" });
      return await llama.logits(ids);
    };
    const [original, blocks, widened] = [await logits("blocks"), await logits("blocks.gguf"), await logits("widened")];
    expect(widened).toBeWithin(1e-4, blocks);
    const spread = Math.max(...original) - Math.min(...original);
    expect(blocks).toBeWithin(0.02 * spread, original);
    expect(blocks).not.toEqual(original);
  });

  it("tells all as one JSON document, and which matrices fell back", async () => {
    const { code, stdout, stderr } = await run("model", "--out", "fallen.gguf", "--type", "Q4_0", "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      out: "fallen.gguf",
      files: ["fallen.gguf"],
      family: "llama",
      type: "Q4_0",
      types: { F16: 15, F32: 6 },
      tokenizer: true,
      chat_template: true,
    });
    const told = await run("model", "--out", "fallen.gguf", "--type", "Q4_0", "--force");
    expect(told.stdout).toContain("15 of them, such as token_embd.weight, are F16: their rows are no whole blocks of Q4_0\n");
    const mixed = JSON.parse((await run("blocks", "--out", "mixed.gguf", "--type", "TQ2_0", "--json")).stdout);
    expect(mixed.fallen_back).toHaveLength(15);
  });

  it.skipIf(!goldenPath("quant/models/tiny64-Q8_0.gguf"))("copies a GGUF's metadata and tensors that keep their type", async () => {
    copyFileSync(goldenPath("quant/models/tiny64-Q8_0.gguf")!, at("golden.gguf"));
    await run("golden.gguf", "--out", "copied.gguf");
    const [before, after] = [await openGguf(at("golden.gguf")), await openGguf(at("copied.gguf"))];
    for (const [key, value] of before.metadata) expect([key, after.metadata.get(key)]).toEqual([key, value]);
    for (const [name, tensor] of before.tensors) {
      const copy = after.tensors.get(name)!;
      expect([name, copy.type, copy.shape, await copy.read()]).toEqual([name, tensor.type, tensor.shape, await tensor.read()]);
    }
    await before.close();
    await after.close();
    await run("golden.gguf", "--out", "retyped.gguf", "--type", "F16");
    const retyped = await openGguf(at("retyped.gguf"));
    await retyped.close();
    expect(retyped.metadata.get("general.file_type")).toEqual({ type: "uint32", value: 1 } satisfies GgufValue);
    expect(retyped.tensors.get("blk.0.ffn_up.weight")?.type).toBe("F16");
  });

  it("exports models without a tokenizer", async () => {
    mkdirSync(at("bare"));
    for (const name of ["config.json", "model.safetensors"]) copyFileSync(join(at("model"), name), join(at("bare"), name));
    expect((await run("bare", "--out", "bare.gguf")).stdout).toContain("without a tokenizer");
    await using llama = await load(at("bare.gguf"), { backend: "reference" });
    expect([llama.tokenizer, llama.chatTemplate]).toEqual([undefined, undefined]);
    expect(await run("bare.gguf", "--out", "bare-again")).toMatchObject({ code: 0 });
    expect(readdirSync(at("bare-again")).sort()).toEqual(["config.json", "model.safetensors"]);
    const { metadata, close } = await openSafetensors(join(at("bare-again"), "model.safetensors"));
    await close();
    expect(metadata.get("format")).toBe("pt");
  });

  it("replaces only when told to, and nothing else ever", async () => {
    for (const out of ["twice", "twice.gguf"]) {
      expect(await run("model", "--out", out)).toMatchObject({ code: 0 });
      const again = await run("model", "--out", out, "--type", "F16");
      expect(again.code).toBe(2);
      expect(again.stderr).toContain(`${out}: is there already: choose another --out, or give --force to replace it`);
      expect(await run("model", "--out", out, "--type", "F16", "--force")).toMatchObject({ code: 0, stderr: "" });
    }
    writeFileSync(join(at("twice"), "diary.txt"), "mine");
    const foreign = await run("model", "--out", "twice", "--force");
    expect(foreign.code).toBe(2);
    expect(foreign.stderr).toContain("twice: holds other files, such as diary.txt");
    expect(readdirSync(at("twice"))).toContain("diary.txt");
  });

  it("may replace the model that it reads", async () => {
    await run("model", "--out", "self.gguf");
    expect(await run("self.gguf", "--out", "self.gguf", "--type", "F16", "--force")).toMatchObject({ code: 0, stderr: "" });
    await using llama = await load(at("self.gguf"), { backend: "reference" });
    expect((await llama.logits([1, 2])).every(Number.isFinite)).toBe(true);
  });
});

describe("a mistake ends in a sentence that helps", () => {
  const cases: [what: string, args: string[], code: number, sentence: string | RegExp][] = [
    ["no model", ["--out", "x"], 2, "MODEL is missing"],
    ["no place", ["model"], 2, "--out is missing: give a text"],
    ["a model that is not there", ["nowhere", "--out", "x"], 2, "nowhere: no such file or folder"],
    ["an unknown type", ["model", "--out", "x.gguf", "--type", "Q9"], 2, /--type is "Q9": expected F32 or F16 or BF16 or Q4_0/],
    ["blocks in a folder", ["model", "--out", "x", "--type", "Q8_0"], 2, "for Q8_0 let --out end in .gguf"],
    ["a file where a folder comes of it", ["model", "--out", "x.safetensors"], 2, "a folder comes of it"],
    ["a folder where a file comes of it", ["model", "--out", "folder.gguf"], 2, "folder.gguf: is a folder, expected the name of a file"],
    ["a file in the way", ["model", "--out", "file"], 2, "file: is a file, expected the name of a folder to make"],
    ["a family that GGUF has not so", ["dynamic", "--out", "x.gguf"], 1, "cannot express this configuration: positions.scaling"],
    ["a tokenizer of another model", ["short", "--out", "x.gguf"], 2, "has 290 pieces, the model's embeddings only 280 rows"],
  ];
  it.each(cases)("%s", async (_, args, code, sentence) => {
    if (args.includes("folder.gguf")) mkdirSync(at("folder.gguf"), { recursive: true });
    if (args.includes("file")) writeFileSync(at("file"), "");
    if (args.includes("short") && !existsSync(at("short"))) await putModel("short", { ...tiny_llama, vocabSize: 280 });
    if (args.includes("dynamic") && !existsSync(at("dynamic"))) {
      const scaling = { kind: "dynamic", factor: 2, originalMaxSeqLen: 64 } as const;
      await putModel("dynamic", {
        ...tiny_qwen3,
        vocabSize: 300,
        positions: { kind: "rope", theta: 10_000, scaling } as typeof tiny_qwen3.positions,
      });
    }
    const outcome = await run(...args);
    expect(outcome.stderr).toMatch(sentence);
    expect(outcome.stderr).not.toContain("    at ");
    expect(outcome.code).toBe(code);
    expect([existsSync(at("x")), existsSync(at("x.gguf")), ...leftovers("x")]).toEqual([false, false]);
  });
});

const inTinyDisk = (folder: string, command: string): string[] => [
  "-rm",
  "sh",
  "-c",
  `mount -t tmpfs -o size=64k tmpfs '${folder}' && ${command}; ls -A '${folder}'`,
];
const canMount = spawnSync("unshare", inTinyDisk("/mnt", "true")).status === 0;

describe.skipIf(!canMount)("on a full disk", () => {
  it.each(["out.gguf", "out"])("%s: says so, and leaves nothing", async (out) => {
    mkdirSync(at("disk"), { recursive: true });
    const cria = `'${process.execPath}' '${join(import.meta.dirname, "../bin/cria.js")}' export '${at("model")}' --out '${at("disk")}/${out}'`;
    const { stdout, stderr } = await home.start(inTinyDisk(at("disk"), cria), { command: "unshare" }).ended;
    expect(stderr).toMatch(/disk\/out(\.gguf)?: the disk is full: free some space, then run the same command again/);
    expect(stderr).not.toContain("    at ");
    expect(stdout).toBe("");
  });
});
