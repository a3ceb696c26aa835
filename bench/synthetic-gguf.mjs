// Models of a real one's shape with random weights: speed depends on shapes and block formats, not on what a model has learned. The same bytes
// every time (a cipher's key stream), so that two machines measure the same file. Needs a build (dist/).
//
//   node bench/synthetic-gguf.mjs SHAPE TYPE [--folder FOLDER]       writes FOLDER/SHAPE-TYPE.gguf, unless it is there, and prints the path
//   node bench/synthetic-gguf.mjs tinyllama_1_1b Q4_K
//
// SHAPE is a preset of cria/model of the Llama architecture (smollm2_135m, tinyllama_1_1b, llama32_1b ...), TYPE is Q8_0, Q4_0 or Q4_K: the type
// of all matrices; vectors are ones. The vocabulary is bytes and made-up words, so that other programs load the file, too. FOLDER is cria-bench in
// the temporary folder where none is given.
import { createCipheriv } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { quantize, writeGguf } from "../dist/formats/index.js";
import { exportGguf, presets } from "../dist/model/index.js";
import { storage, storageBytes } from "../dist/tensor/dtype.js";
import { benchFolder } from "./folder.mjs";

/** The standard deviation of weights; their mean is near 0. Norms keep what passes through random layers finite. */
const sigma = 0.03;

/** The half floats of a block by their offset; all other bits are random. */
const blockScales = {
  Q8_0: { 0: sigma / 74 },
  Q4_0: { 0: sigma / 4.6 },
  Q4_K: { 0: sigma / 250, 2: (7.5 * sigma) / 250 }, // times 6-bit scales and minima, whose mean is the same
};

/** Writes a file unless it is there. @returns its path */
export async function syntheticGguf(shape, type, folder = benchFolder) {
  if (!Object.hasOwn(presets, shape)) throw new Error(`there is no shape ${shape}, expected one of ${Object.keys(presets).join(", ")}`);
  if (!Object.hasOwn(blockScales, type))
    throw new Error(`there is no type ${type}, expected one of ${Object.keys(blockScales).join(", ")}`);
  const path = join(folder, `${shape}-${type}.gguf`);
  if (existsSync(path)) return path;
  const ones = async (_, dimensions) => new Float32Array(dimensions[0]).fill(1);
  const { metadata, tensors } = await exportGguf(presets[shape], ones, { type, metadata: vocabulary(presets[shape].vocabSize) });
  const bytesOf = (tensor) =>
    storageBytes(
      tensor.type,
      tensor.shape.reduce((a, b) => a * b),
    );
  const random = tensors.map((tensor, i) =>
    tensor.type === type ? { ...tensor, data: () => randomBlocks(type, bytesOf(tensor), i) } : tensor,
  );
  const total = tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  await mkdir(folder, { recursive: true });
  try {
    await writeFile(`${path}.part`, watched(writeGguf({ metadata, tensors: random }), path, total));
    await rename(`${path}.part`, path);
  } finally {
    await rm(`${path}.part`, { force: true });
  }
  return path;
}

/** So many bytes of blocks; `nonce` is another for every tensor. */
async function* randomBlocks(type, byteLength, nonce) {
  const { blockBytes } = storage[type];
  const scales = Object.entries(blockScales[type]).map(([offset, scale]) => [Number(offset), quantize("F16", Float32Array.of(scale))]);
  const counter = Buffer.alloc(16);
  counter.writeUInt32LE(nonce);
  const stream = createCipheriv("aes-128-ctr", Buffer.alloc(16), counter);
  const zeros = Buffer.alloc(8192 * blockBytes);
  for (let done = 0; done < byteLength; done += zeros.length) {
    const bytes = stream.update(zeros.subarray(0, byteLength - done));
    for (const [offset, scale] of scales) for (let at = offset; at < bytes.length; at += blockBytes) bytes.set(scale, at);
    yield bytes;
  }
}

/** A SentencePiece vocabulary: three control tokens, the bytes, and words. */
function vocabulary(size) {
  const control = ["<unk>", "<s>", "</s>"];
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).padStart(2, "0").toUpperCase()}>`);
  const words = Array.from({ length: size - 259 }, (_, i) => `\u2581w${i}`);
  const tokens = [...control, ...bytes, ...words];
  const kinds = tokens.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1)); // unknown, control, byte, normal
  return new Map([
    ["tokenizer.ggml.model", { type: "string", value: "llama" }],
    ["tokenizer.ggml.tokens", { type: "array", of: "string", value: tokens }],
    ["tokenizer.ggml.scores", { type: "array", of: "float32", value: tokens.map((_, id) => -id) }],
    ["tokenizer.ggml.token_type", { type: "array", of: "int32", value: kinds }],
    ["tokenizer.ggml.bos_token_id", { type: "uint32", value: 1 }],
    ["tokenizer.ggml.eos_token_id", { type: "uint32", value: 2 }],
  ]);
}

/** The same chunks, with a line on the terminal that says how far they are. */
async function* watched(chunks, name, total) {
  let done = 0;
  for await (const chunk of chunks) {
    yield chunk;
    done += chunk.length;
    if (process.stderr.isTTY) process.stderr.write(`\r${name}: ${(done / 1e6).toFixed(0)} of ${(total / 1e6).toFixed(0)} MB`);
  }
  if (process.stderr.isTTY) process.stderr.write("\n");
}

if (import.meta.filename === process.argv[1]) {
  const { values, positionals } = parseArgs({ options: { folder: { type: "string" } }, allowPositionals: true });
  if (positionals.length !== 2) throw new Error("usage: node bench/synthetic-gguf.mjs SHAPE TYPE [--folder FOLDER]");
  console.log(await syntheticGguf(...positionals, values.folder));
}
