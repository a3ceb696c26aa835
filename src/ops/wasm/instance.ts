// The compiled kernels over the engine's memory, with their types: every argument is a byte address or a number.
import { kernelBytes } from "./kernels.generated.ts";

type Kernel = (...args: number[]) => void;

/** Signatures are documented where the kernels are: kernels/*.ts. */
export type Kernels = Record<
  "linear" | "widenRow" | "rmsNorm" | "layerNorm" | "rope" | "add" | "multiply" | "scale" | "softcap" | "activation" | "attend",
  Kernel
>;

export async function instantiateKernels(memory: WebAssembly.Memory): Promise<Kernels> {
  const bytes = Uint8Array.from(atob(kernelBytes), (character) => character.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory, abort: () => {} } });
  return instance.exports as Kernels;
}
