// Do other programs read what `cria export` writes, and compute the same? A model is exported as a Hugging Face folder and as a GGUF file in every type;
// transformers and llama.cpp decode greedily from them, as cria does. Without a model: a small random Llama, and a random model of each family as a folder.
//
//   npm run build && node bench/export-check.mjs [MODEL]
//   PYTHON=/path/to/python with torch, transformers and llama-cpp-python installed; python3 by default
//
// transformers and cria compute in float32. llama.cpp rounds activations: to 16 bits for F16 and BF16, to 8 bits for blocks, and ids part where two are close;
// so it also reads the blocks widened to F32 by `cria export`, which leaves it nothing to round. Prints a table and ends with one JSON line.
import { spawn, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { writeSafetensors } from "../dist/formats/index.js";
import { quantizable } from "../dist/formats/quant/index.js";
import { load } from "../dist/index.js";
import { exportHf } from "../dist/model/index.js";
import * as tiny from "../dist/model/presets/tiny.js";
import { storage } from "../dist/tensor/dtype.js";
import { createRng } from "../dist/tensor/rng.js";
import { elementCount } from "../dist/tensor/shape.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [model] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), "cria-export-"));
const count = 24;

/** Rows are whole blocks of every type. */
const small = { ...tiny.tiny_llama, dim: 256, headDim: 64, hiddenDim: 512, vocabSize: 512, maxSeqLen: 128 };

/** Of the tiny models those that transformers has; it makes BLOOM and MPT four times as wide inside. */
const { tiny_2017: _, ...others } = tiny;
const wide = { hiddenDim: 192 };
const families = Object.entries({ ...others, tiny_bloom: { ...tiny.tiny_bloom, ...wide }, tiny_mpt: { ...tiny.tiny_mpt, ...wide } });

/** Matrices as of a model that was trained a little: logits that tell tokens apart. */
async function writeRandom(path, config) {
  const rng = createRng(3);
  const weight = async (name, shape) =>
    Float32Array.from({ length: elementCount(shape) }, () =>
      /gain|Norm$/.test(name) ? 0.75 + 0.5 * rng.uniform() : rng.normal() * (shape[1] ?? 100) ** -0.5,
    );
  const { config: json, tensors, metadata } = exportHf(config, weight);
  await mkdir(path);
  await writeFile(join(path, "config.json"), json);
  await writeFile(join(path, "model.safetensors"), writeSafetensors(tensors, metadata));
  return path;
}

function cria(...args) {
  const { status, stderr } = spawnSync(process.execPath, [here("../bin/cria.js"), ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`cria ${args.join(" ")} failed:\n${stderr}`);
}

/** What cria makes of a file. */
async function ours(path, prompt, texts) {
  const llama = await load(path, { backend: "wasm", exact: true, contextLength: 128, relaxedSimd: true });
  try {
    const ids = prompt ?? llama.tokenizer.encode("The capital of France is", { addSpecial: true });
    const given = [...ids];
    let first;
    for (let i = 0; i < count; i++) {
      const scores = await llama.logits(given, { positions: "last" });
      first ??= Array.from(scores);
      given.push(scores.indexOf(Math.max(...scores)));
    }
    const encoded = texts.map((text) => llama.tokenizer?.encode(text, { parseSpecial: true }) ?? null);
    return { prompt: ids, ids: given.slice(ids.length), logits: first, encoded, template: llama.chatTemplate ?? null };
  } finally {
    await llama.dispose();
  }
}

const texts = [
  "Hello World, it's 2024!\n\n  x = [1, 22];",
  "<|im_start|>user\nna\u00efve caf\u00e9 \u65e5\u672c\u8a9e \u{1f999}<|im_end|>\n",
];
const rows = [];
async function check(source, name, kind, type, prompt) {
  const path = join(folder, `${name}-${type}${kind === "llama.cpp" ? ".gguf" : ""}`);
  cria("export", source, "--type", type, "--out", path);
  const own = await ours(path, prompt, texts);
  const job = { path, count, texts: own.encoded[0] ? texts : [], prompt: own.prompt };
  const theirs = await peers[kind](job);
  const hasBlocks = storage[type].blockSize > 1;
  rows.push({ name, kind, type, cria: own, theirs, widened: hasBlocks ? await readWidened(job) : undefined });
  console.error(Object.values(line(rows.at(-1))).join("  "));
  await rm(path, { recursive: true }); // to make room
}

async function readWidened(job) {
  const path = join(folder, "widened.gguf");
  cria("export", job.path, "--type", "F32", "--out", path);
  const answer = await peers["llama.cpp"]({ ...job, path });
  await rm(path);
  return answer;
}

/** The other program, which answers one job after the other. */
function startPeer(kind) {
  const child = spawn(process.env.PYTHON ?? "python3", [here("export-check.py"), kind], { stdio: ["pipe", "pipe", "ignore"] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (job) => {
    child.stdin.write(`${JSON.stringify(job)}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error(`${kind} died: does ${process.env.PYTHON ?? "python3"} have it?`);
    return JSON.parse(value);
  };
  return Object.assign(ask, { end: () => child.stdin.end() });
}

const agreeing = (a, b) => {
  const first = a.findIndex((id, i) => id !== b[i]);
  return `${first < 0 ? a.length : first}/${a.length}`;
};

function line({ name, kind, type, cria, theirs, widened }) {
  const start = { model: name, type, read: kind };
  if (theirs.error) return { ...start, error: theirs.error };
  const distance = ({ logits }) => Math.max(...logits.map((score, i) => Math.abs(score - cria.logits[i]))).toExponential(1);
  const same = (a, b) => (JSON.stringify(a) === JSON.stringify(b) ? "same" : "differs");
  const hasTokenizer = cria.encoded[0] !== null;
  return {
    ...start,
    "greedy ids": agreeing(cria.ids, theirs.ids),
    "logits apart": distance(theirs),
    "widened: ids": widened ? agreeing(cria.ids, widened.ids) : "",
    "widened: logits": widened ? distance(widened) : "",
    tokenizer: hasTokenizer ? same(cria.encoded, theirs.encoded) : "",
    template: hasTokenizer ? same(cria.template, theirs.template) : "",
  };
}

const peers = { transformers: startPeer("transformers"), "llama.cpp": startPeer("llama.cpp") };
try {
  const prompt = model ? undefined : [3, 17, 5, 42, 9, 80];
  const name = model ? "real" : "random llama";
  const source = model ?? (await writeRandom(join(folder, "random"), small));
  for (const type of ["F32", "F16", "BF16"]) await check(source, name, "transformers", type, prompt);
  for (const type of quantizable) await check(source, name, "llama.cpp", type, prompt);
  for (const [family, config] of model ? [] : families) {
    await check(await writeRandom(join(folder, `${family}-random`), config), family, "transformers", "F32", prompt);
  }
  console.log([...new Set(rows.map(({ theirs }) => theirs.version))].join("; "));
  const table = rows.map(line);
  console.table(table);
  console.log(JSON.stringify({ rows: table }));
} finally {
  for (const peer of Object.values(peers)) peer.end();
  await rm(folder, { recursive: true });
}
