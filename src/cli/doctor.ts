// cria doctor: what this machine is, what cria finds on it, and what would make things better.
import { readdir, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { join } from "node:path";
import { folders } from "../hub/environment.ts";
import { listModels } from "../hub/list.ts";
import { showBytes } from "../hub/repo-models.ts";
import { defineCommand } from "./command.ts";
import { jsonFlag, quietFlag } from "./model-flags.ts";
import { print, printJson } from "./terminal/output.ts";
import { printable } from "./terminal/printable.ts";
import { table } from "./terminal/table.ts";

export const command = defineCommand({
  about: "Looks only, changes nothing. Paste its output into a bug report.",
  flags: { ...jsonFlag, ...quietFlag },
  examples: [
    ["doctor", "look at this machine"],
    ["doctor --json", "the same as JSON"],
  ],
  async run({ json, quiet }) {
    const found = await examine();
    const advice = adviceFor(found);
    if (json) return printJson({ ...found, advice });
    print(table(rowsOf(found)));
    if (!quiet) print(`\n${advice.length === 0 ? "Nothing to improve." : advice.map((line) => `- ${line}`).join("\n")}`);
  },
});

interface Findings {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly free_memory: number;
  readonly simd: boolean;
  readonly relaxed_simd: boolean;
  readonly threads: boolean;
  /** The optional package that brings WebGPU to Node. */
  readonly webgpu: boolean;
  readonly cache: string;
  readonly cache_bytes: number;
  readonly models: number;
  readonly problems: readonly string[];
}

async function examine(): Promise<Findings> {
  const { cria: cache } = await folders();
  const { models, problems } = await listModels();
  return {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memory: totalmem(),
    free_memory: freemem(),
    simd: WebAssembly.validate(probe([0xfd, 0x0c, ...new Array(16).fill(0)])), // v128.const 0
    // i32x4.relaxed_trunc_f32x4_s of a constant
    relaxed_simd: WebAssembly.validate(probe([0xfd, 0x0c, ...new Array(16).fill(0), 0xfd, 0x81, 0x02])),
    threads: typeof SharedArrayBuffer === "function",
    webgpu: isInstalled("webgpu"),
    cache,
    cache_bytes: await sizeOf(cache),
    models: models.length,
    problems,
  };
}

function rowsOf(found: Findings): string[][] {
  const yes = (has: boolean): string => (has ? "yes" : "no");
  return [
    ["Node", `${found.node} on ${found.platform}`],
    ["CPU", `${found.cpu}, ${found.cores} ${found.cores === 1 ? "core" : "cores"}`],
    ["memory", `${showBytes(found.memory)}, ${showBytes(found.free_memory)} free`],
    ["WebAssembly", `SIMD ${yes(found.simd)}, relaxed SIMD ${yes(found.relaxed_simd)}, threads ${yes(found.threads)}`],
    ["WebGPU package", found.webgpu ? "installed" : "not installed (optional)"],
    ["cache", `${printable(found.cache)}, ${showBytes(found.cache_bytes)}`],
    ["models", `${found.models} on this machine${found.models === 0 ? "" : " (see cria list)"}`],
  ];
}

function adviceFor({ simd, relaxed_simd, node, models, problems, memory }: Findings): string[] {
  const major = Number(node.split(".")[0]);
  return [
    simd
      ? undefined
      : "This processor or this Node has no WebAssembly SIMD, which the wasm backend needs: use --backend reference, or another machine.",
    relaxed_simd || major >= 22 ? undefined : "Node 22 or newer knows relaxed SIMD, which Node 20 hides behind a flag.",
    memory < 4e9 ? "There are less than 4 GB of memory: choose models below 1 billion parameters." : undefined,
    models === 0 ? "No models yet: cria pull hf:HuggingFaceTB/SmolLM2-135M-Instruct fetches a small one (270 MB)." : undefined,
    ...problems.map((problem) => printable(problem)),
  ].filter((line) => line !== undefined);
}

/** A module with one function that runs these instructions and drops what they leave. */
function probe(instructions: readonly number[]): Uint8Array<ArrayBuffer> {
  const body = [0x00, ...instructions, 0x1a, 0x0b]; // no locals ... drop, end
  const section = (id: number, content: readonly number[]): number[] => [id, content.length, ...content];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // "\0asm", version 1
    ...section(1, [1, 0x60, 0, 0]), // one type: no parameters, no results
    ...section(3, [1, 0]), // one function of that type
    ...section(10, [1, body.length, ...body]),
  ]);
}

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** Bytes of all files below a folder, 0 where there is none. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name)).catch(() => undefined))?.size ?? 0),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
