// cria doctor: what this machine is, what cria finds on it, and what would make things better.
import { readdir, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { freemem, totalmem } from "node:os";
import { join } from "node:path";
import { folders } from "../hub/environment.ts";
import { listModels } from "../hub/list.ts";
import { showBytes } from "../hub/repo-models.ts";
import { defineCommand } from "./command.ts";
import { processor, v8Gains, wasmFeatures } from "./machine.ts";
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
  /** Instructions that matter, of those that the operating system names. */
  readonly cpu_features: readonly string[];
  /** Bytes. */
  readonly memory: number;
  readonly free_memory: number;
  readonly simd: boolean;
  readonly relaxed_simd: boolean;
  /** Node has it behind a flag, which cria sets. */
  readonly relaxed_simd_by_flag: boolean;
  readonly threads: boolean;
  /** This Node uses AVX-VNNI of this processor. */
  readonly avx_vnni: boolean;
  /** This Node and this processor can do what --turbo asks for. */
  readonly turbo: boolean;
  /** The optional package that brings WebGPU to Node. */
  readonly webgpu: boolean;
  readonly cache: string;
  readonly cache_bytes: number;
  readonly models: number;
  readonly problems: readonly string[];
}

async function examine(): Promise<Findings> {
  const { cria: cache } = folders();
  const { models, problems } = await listModels();
  const { model, cores, features } = await processor();
  const { simd, relaxedSimd, threads } = wasmFeatures();
  const { vnni, turbo } = v8Gains(features, Number.parseInt(process.versions.node, 10));
  return {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: model,
    cores,
    cpu_features: features,
    memory: totalmem(),
    free_memory: freemem(),
    simd,
    relaxed_simd: relaxedSimd !== "no",
    relaxed_simd_by_flag: relaxedSimd === "flag",
    threads,
    avx_vnni: vnni,
    turbo,
    webgpu: isInstalled("webgpu"),
    cache,
    cache_bytes: await sizeOf(cache),
    models: models.length,
    problems,
  };
}

function rowsOf(found: Findings): string[][] {
  const yes = (has: boolean): string => (has ? "yes" : "no");
  const relaxed = yes(found.relaxed_simd) + (found.relaxed_simd_by_flag ? " (by a flag that cria sets)" : "");
  const features = found.cpu_features.length === 0 ? "" : `, ${found.cpu_features.join(" ")}`;
  return [
    ["Node", `${found.node} on ${found.platform}`],
    ["CPU", `${found.cpu}, ${found.cores} ${found.cores === 1 ? "core" : "cores"}${features}`],
    ["memory", `${showBytes(found.memory)}, ${showBytes(found.free_memory)} free`],
    ["WebAssembly", `SIMD ${yes(found.simd)}, relaxed SIMD ${relaxed}, threads ${yes(found.threads)}, AVX-VNNI ${yes(found.avx_vnni)}`],
    ["--turbo", found.turbo ? "possible" : "not possible"],
    ["WebGPU package", found.webgpu ? "installed" : "not installed (optional)"],
    ["cache", `${printable(found.cache)}, ${showBytes(found.cache_bytes)}`],
    ["models", `${found.models} on this machine${found.models === 0 ? "" : " (see cria list)"}`],
  ];
}

function adviceFor(found: Findings): string[] {
  const { simd, relaxed_simd, cpu_features, avx_vnni, turbo, node, models, problems, memory } = found;
  const newer = v8Gains(cpu_features, Number.POSITIVE_INFINITY);
  return [
    simd
      ? undefined
      : "This processor or this Node has no WebAssembly SIMD, which the wasm backend needs: use --backend reference, or another machine.",
    simd && !relaxed_simd ? "This Node has no relaxed SIMD, which makes 8-bit products faster: Node 22 or newer has it." : undefined,
    newer.vnni && !avx_vnni
      ? `This processor has AVX-VNNI, which Node ${node} leaves aside: from Node 24 on prompts run up to twice as fast.`
      : newer.turbo && !turbo
        ? `From Node 24 on --turbo is possible here: 256-bit operations in place of pairs of 128-bit ones.`
        : undefined,
    memory < 4e9 ? "There are less than 4 GB of memory: choose models below 1 billion parameters." : undefined,
    models === 0
      ? "No models yet but the one that comes with cria: cria pull hf:HuggingFaceTB/SmolLM2-135M-Instruct fetches a larger one (270 MB)."
      : undefined,
    ...problems.map((problem) => printable(problem)),
  ].filter((line) => line !== undefined);
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
