// Compiles the AssemblyScript kernels and writes the module's bytes, as base64, into src/ops/wasm/kernels.generated.ts, so that the library
// stays plain ESM: nothing is fetched or read from disk at run time.
import { writeFileSync } from "node:fs";
import asc from "assemblyscript/asc";

const out = "src/ops/wasm/kernels.generated.ts";
let bytes;
const { error, stderr } = await asc.main(
  // Data of the module itself (tables of exp) lies below 64 KiB; the memory above it belongs to memory.ts.
  [
    "src/ops/wasm/kernels/index.ts",
    "--outFile",
    "kernels.wasm",
    "--enable",
    "simd",
    "--importMemory",
    "-O3",
    "--noAssert",
    "--runtime",
    "stub",
  ],
  { writeFile: (_name, contents) => (bytes = contents) },
);
if (error) {
  console.error(stderr.toString());
  process.exit(1);
}
writeFileSync(
  out,
  `// Written by scripts/build-kernels.mjs from src/ops/wasm/kernels: do not edit.\nexport const kernelBytes = "${Buffer.from(bytes).toString("base64")}";\n`,
);
console.log(`${out}: ${bytes.length} bytes of WebAssembly`);
