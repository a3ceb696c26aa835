// Compiles AssemblyScript text that may import the engine's own kernels.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { tilesSource } from "../../src/ops/wasm/kernels/tiles.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * @param features of WebAssembly that may be used
 * @returns the module's bytes; it imports env.memory, unshared
 */
export async function compile(source, features = "simd,relaxed-simd") {
  const entry = "bench/kernels/contenders.ts";
  const written = { [entry]: source, "src/ops/wasm/kernels/tiles.generated.ts": tilesSource() };
  let bytes;
  const flags = ["-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--enable", features];
  const { error, stderr } = await asc.main([entry, "--outFile", "contenders.wasm", ...flags], {
    readFile: (name) => written[name] ?? readOrNull(join(root, name)),
    writeFile: (_name, contents) => (bytes = contents),
    listFiles: () => [],
  });
  if (error) throw new Error(`the contenders do not compile: ${stderr}`);
  return bytes;
}

/** The compiler asks for files that are not there, too. */
function readOrNull(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
