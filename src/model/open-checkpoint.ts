// From what a user names to a checkpoint: a GGUF file, a safetensors file, or a Hugging Face folder with config.json. Headers and configuration are
// read and checked against each other; weights are not read yet.
import { UnsupportedError, UsageError } from "../errors.ts";
import { fileName } from "../formats/file-name.ts";
import { type ByteSource, openGguf, openSafetensors, openSource, type SafetensorsFile, type SourceLike } from "../formats/index.ts";
import { readJson } from "../formats/read-whole.ts";
import { weightFiles } from "../formats/safetensors/open.ts";
import { optionalSibling } from "../formats/source.ts";
import { configFromGguf } from "./gguf-config.ts";
import { configFromHf } from "./hf-config.ts";
import { type Checkpoint, checkTensors } from "./load.ts";

/** config.json files have a few kilobytes; those with long label lists reach some hundred. */
const maxConfigBytes = 16 * 1024 * 1024;

/** quantization_config and text_config nest to about 5. */
const maxConfigDepth = 32;

/**
 * Opens a model.
 *
 * @param source a .gguf file (the first of several shards), a .safetensors file or its index with config.json beside it, a folder or a folder's URL
 *   (ending in a slash) with config.json and the weights; as a path, a URL, an open source or, for GGUF, a Blob
 * @throws UsageError when there is no such file, or it is none of these; FormatError when it is damaged or its parts do not fit together;
 *   UnsupportedError for a model that cria does not run
 */
export async function openCheckpoint(source: SourceLike, signal?: AbortSignal): Promise<Checkpoint> {
  const named = source instanceof URL ? source.href : source;
  const folder = typeof named === "string" && (await isFolder(named));
  const checkpoint = folder ? await openFolder(named, signal) : await openFile(named, signal);
  try {
    checkTensors(checkpoint);
    return checkpoint;
  } catch (error) {
    await checkpoint.file.close();
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  if (/^https?:\/\//i.test(path)) return new URL(path).pathname.endsWith("/");
  if (/^file:\/\//i.test(path) || !globalThis.process?.versions?.node) return false;
  const { stat } = process.getBuiltinModule("node:fs/promises");
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

async function openFolder(folder: string, signal?: AbortSignal): Promise<Checkpoint> {
  const isUrl = /^https?:\/\//i.test(folder);
  if (isUrl) {
    const config = await openSource(new URL("config.json", folder), signal);
    return openHf(config, () => openFirst(config, signal), signal);
  }
  const { readdir } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  const names = await readdir(folder);
  const ggufs = names.filter((name) => /\.gguf$/i.test(name)).sort();
  const weights = weightFiles.find((name) => names.includes(name));
  if (weights === undefined || !names.includes("config.json")) {
    const missing = weights === undefined ? "model.safetensors" : "config.json";
    const pickle = names.find((name) => /\.(bin|pth|pt|ckpt)$/i.test(name));
    const advice =
      ggufs.length > 0
        ? `open ${join(folder, ggufs[0])} instead`
        : weights === undefined && pickle !== undefined
          ? `${pickle} may be a pickle, which can run code: convert it to safetensors`
          : "give a .gguf file, or a folder with config.json and model.safetensors";
    throw new UsageError(`${folder}: the folder holds no ${missing}: ${advice}`);
  }
  const config = await openSource(join(folder, "config.json"), signal);
  return openHf(config, async () => openSafetensors(await config.sibling(weights, signal), signal), signal);
}

async function openFile(source: SourceLike, signal?: AbortSignal): Promise<Checkpoint> {
  const bytes = await openSource(source, signal);
  let weights: ByteSource | undefined;
  try {
    const start = await bytes.read(0, Math.min(bytes.size, 512), signal);
    const kind = sniff(bytes.name, start);
    if (kind === "gguf") {
      weights = bytes; // openGguf owns it from here on
      const file = await openGguf(bytes, signal);
      try {
        return { convention: "gguf", config: await configFromGguf(bytes.name, file), file };
      } catch (error) {
        await file.close();
        throw error;
      }
    }
    if (source instanceof Blob) {
      throw new UsageError(
        `${bytes.name}: a safetensors file needs config.json beside it, and a Blob has no neighbours: give a GGUF file, or a path or URL`,
      );
    }
    // First the weights: that they are damaged matters more than that config.json is missing.
    weights = bytes; // openSafetensors owns it from here on
    const file = await openSafetensors(bytes, signal);
    try {
      return await openHf(await bytes.sibling("config.json", signal), async () => file, signal);
    } catch (error) {
      await file.close();
      throw error;
    }
  } finally {
    if (weights === undefined) await bytes.close();
  }
}

async function openHf(config: ByteSource, openWeights: () => Promise<SafetensorsFile>, signal?: AbortSignal): Promise<Checkpoint> {
  try {
    const parsed = configFromHf(await readJson(config, maxConfigBytes, maxConfigDepth, signal), config.name);
    const file = await openWeights();
    return { convention: "hf", config: parsed, file, beside: (name, signal) => optionalSibling(config, name, signal) };
  } finally {
    await config.close();
  }
}

/** A web server lists no folders: the file that most models have, then the index of those with shards. */
async function openFirst(config: ByteSource, signal?: AbortSignal): Promise<SafetensorsFile> {
  const [single, index] = weightFiles;
  const found = await optionalSibling(config, single, signal);
  return openSafetensors(found ?? (await config.sibling(index, signal)), signal);
}

/** What a file is by its first bytes. @throws UsageError or UnsupportedError with a sentence that helps when it is no model */
function sniff(name: string, start: Uint8Array): "gguf" | "safetensors" {
  const text = new TextDecoder("latin1").decode(start);
  const expected = "expected a .gguf or .safetensors file, or a Hugging Face folder";
  if (start.length === 0) throw new UsageError(`${name}: is empty, ${expected}`);
  if (text.startsWith("GGUF")) return "gguf";
  if (/\.gguf$/i.test(fileName(name)) && start.length < 24) return "gguf"; // cut short: the reader says where
  if (text.startsWith("PK\x03\x04") || (start[0] === 0x80 && start[1] <= 5)) {
    throw new UnsupportedError(
      `${name}: is a zip archive or a pickle, as PyTorch writes checkpoints (they can run code): convert it to safetensors or GGUF`,
    );
  }
  if (/^(ggml|tjgg|lmgg|fmgg)/.test(text)) {
    throw new UnsupportedError(`${name}: is a GGML file from before GGUF: take a GGUF of the model, or convert the original checkpoint`);
  }
  if (/\.onnx$/i.test(fileName(name)))
    throw new UnsupportedError(`${name}: is an ONNX graph: take the safetensors or GGUF files of the same model`);
  if (text.startsWith("version https://git-lfs")) {
    throw new UsageError(`${name}: is a Git LFS pointer, not the file itself: run "git lfs pull", or download it again`);
  }
  if (/^\s*<(!doctype|html|\?xml)/i.test(text)) {
    throw new UsageError(`${name}: is a web page, not a model: the download was answered with an error or a login page`);
  }
  if (/\.safetensors\.index\.json$/i.test(fileName(name))) return "safetensors";
  const headerLength = start.length >= 9 ? new DataView(start.buffer, start.byteOffset).getBigUint64(0, true) : undefined;
  if (/\.safetensors$/i.test(fileName(name)) || (headerLength !== undefined && headerLength < 2n ** 32n && start[8] === 0x7b))
    return "safetensors";
  if (/\.json$/i.test(fileName(name))) throw new UsageError(`${name}: is a JSON file: give the folder that it is in`);
  if (/\.gguf$/i.test(fileName(name))) return "gguf"; // its reader names the wrong magic
  const isText = /^[\t\n\r\x20-\x7e\x80-\xff]*$/.test(text);
  throw new UsageError(
    `${name}: ${isText ? "is a text file" : `begins with ${hex(start.subarray(0, 4))}, which no model file does`}: ${expected}`,
  );
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
