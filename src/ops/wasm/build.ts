// Which of the four builds of the kernels this engine can run ({relaxed, exact} SIMD x {shared, unshared} memory), and the module itself.
import { UnsupportedError, UsageError } from "../../errors.ts";
import { kernelBuilds } from "./kernels.generated.ts";

export interface KernelBuild {
  /** Relaxed SIMD multiplies bytes by one instruction; without it they are widened first. */
  readonly simd: "relaxed" | "exact";
  /** Whether the memory is shared among threads. */
  readonly shared: boolean;
  /** Whether V8 joins pairs of vectors. */
  readonly turbo: boolean;
  readonly module: WebAssembly.Module;
}

/** What the kernels export: kernels/index.ts. Arguments are byte addresses and numbers. */
export interface Kernels {
  join(thread: number, threads: number): void;
  begin(control: number): void;
  rewind(commands: number): void;
  run(end: number, patient: number): number;
  giveJob(what: number, end: number): void;
  useQuads(narrow: number, wide: number): void;
  useJoinedVectors(yes: number): void;
  probeQuads(x: number, w: number, out: number): void;
  pack(type: number, kind: number, source: number, rowBytes: number, target: number, rows: number, columns: number): void;
}

/**
 * @param simd  the one to use; by default relaxed SIMD where there is some
 * @param turbo a module that differs, in a section of no meaning, from the one without: they do not share machine code
 */
export async function kernelBuild(simd: "relaxed" | "exact" | undefined, shared: boolean, turbo = false): Promise<KernelBuild> {
  if (!hasSimd()) {
    throw new UnsupportedError(
      "this engine has no WebAssembly SIMD, which the wasm backend needs: use the reference backend, or another machine",
    );
  }
  if (simd === "relaxed" && !hasRelaxedSimd()) {
    throw new UsageError(
      "relaxed SIMD was asked for, and this engine has none: leave `simd` out (Node 20 hides it behind a flag: load with { relaxedSimd: true })",
    );
  }
  const chosen = simd ?? (hasRelaxedSimd() ? "relaxed" : "exact");
  const bytes = await inflate(kernelBuilds[chosen]);
  if (!shared) unshare(bytes);
  const section = [0, 6, 5, ...new TextEncoder().encode("turbo")]; // a custom one: length, length of the name, the name
  return { simd: chosen, shared, turbo, module: await WebAssembly.compile(turbo ? Uint8Array.from([...bytes, ...section]) : bytes) };
}

export function instantiate({ module }: KernelBuild, memory: WebAssembly.Memory): Kernels {
  return new WebAssembly.Instance(module, { env: { memory, abort: () => {} } }).exports as unknown as Kernels;
}

async function inflate(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  const deflated = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A module says in its import whether its memory is shared: one byte, behind the name. */
function unshare(bytes: Uint8Array): void {
  const name = [3, ...new TextEncoder().encode("env"), 6, ...new TextEncoder().encode("memory"), 2];
  const at = bytes.findIndex((_, i) => name.every((byte, j) => bytes[i + j] === byte));
  bytes[at + name.length] = 1; // a maximum, not shared; 3 was both
}

/** Whether this engine knows WebAssembly SIMD at all. */
export function hasSimd(): boolean {
  return knows([0xfd, 0x0c, ...new Array(16).fill(0)]); // v128.const 0
}

/** Node 20 knows relaxed SIMD only behind a flag. */
export function hasRelaxedSimd(): boolean {
  return knows([0xfd, 0x0c, ...new Array(16).fill(0), 0xfd, 0x81, 0x02]); // i32x4.relaxed_trunc_f32x4_s of it
}

/** Whether a module with one function that runs these instructions and drops what they leave is valid. */
function knows(instructions: readonly number[]): boolean {
  const body = [0x00, ...instructions, 0x1a, 0x0b]; // no locals ... drop, end
  const section = (id: number, content: readonly number[]): number[] => [id, content.length, ...content];
  return WebAssembly.validate(
    Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // "\0asm", version 1
      ...section(1, [1, 0x60, 0, 0]), // one type: no parameters, no results
      ...section(3, [1, 0]), // one function of that type
      ...section(10, [1, body.length, ...body]),
    ]),
  );
}

/** Node 20 hides relaxed SIMD behind a flag of V8, which counts for the whole process from then on. Elsewhere nothing happens. */
export function enableRelaxedSimd(): void {
  if (hasRelaxedSimd() || typeof process !== "object" || !process.versions?.v8) return;
  const { setFlagsFromString } = process.getBuiltinModule("node:v8");
  setFlagsFromString("--experimental-wasm-relaxed-simd");
}
