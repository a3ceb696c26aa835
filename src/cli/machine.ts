// What this machine and this Node give to the engine. Node only.
import { readFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { enableRelaxedSimd, hasRelaxedSimd, hasSimd } from "../ops/wasm/index.ts";

export interface Processor {
  readonly model: string;
  readonly cores: number;
  /** Those of `knownFeatures` that it has; empty where the operating system names none. */
  readonly features: readonly string[];
}

export interface WasmFeatures {
  readonly simd: boolean;
  /** "flag": behind the flag that cria sets. */
  readonly relaxedSimd: "yes" | "flag" | "no";
  readonly threads: boolean;
}

/** What llama.cpp or V8 has special instructions for, as Linux calls it. */
const knownFeatures = ["f16c", "fma", "avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx_vnni", "asimddp", "i8mm"];

export async function processor(): Promise<Processor> {
  const text = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  const flags = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1].split(" "));
  return {
    model: cpus()[0]?.model.trim() || "unknown processor",
    cores: availableParallelism(),
    features: knownFeatures.filter((name) => flags.has(name)),
  };
}

/** "AMD EPYC (avx2 avx_vnni)" */
export function showProcessor({ model, features }: Processor): string {
  return features.length === 0 ? model : `${model} (${features.join(" ")})`;
}

/** Sets Node 20's flag for relaxed SIMD, as every command that runs a model does. */
export function wasmFeatures(): WasmFeatures {
  const asItIs = hasRelaxedSimd();
  enableRelaxedSimd();
  return {
    simd: hasSimd(),
    relaxedSimd: asItIs ? "yes" : hasRelaxedSimd() ? "flag" : "no",
    threads: typeof SharedArrayBuffer === "function",
  };
}

/**
 * What V8 makes of the processor beyond 128-bit SIMD: products of bytes by AVX-VNNI, and pairs of operations as 256-bit ones (--turbo). Both
 * from Node 24 on.
 *
 * @param node its major version
 */
export function v8Gains(features: readonly string[], node: number): { vnni: boolean; turbo: boolean } {
  return { vnni: node >= 24 && features.includes("avx_vnni"), turbo: node >= 24 && features.includes("avx2") };
}
