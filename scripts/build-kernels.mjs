// Compiles the AssemblyScript kernels, once with relaxed SIMD and once without, and writes the modules, deflated and as base64, into
// src/ops/wasm/kernels.generated.ts: the library stays plain ESM, and nothing is fetched or read from disk at run time. Both are compiled for a shared
// memory; build.ts turns them into modules for an unshared one where that is all there is.
import { writeFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import asc from "assemblyscript/asc";
import { tilesSource } from "../src/ops/wasm/kernels/tiles.mjs";

const folder = "src/ops/wasm";
writeFileSync(`${folder}/kernels/tiles.generated.ts`, tilesSource());

async function compile(features) {
  let bytes;
  // NAMES=1 keeps the names of functions, for profiles.
  const options = ["--outFile", "kernels.wasm", "-O3", "--noAssert", "--runtime", "stub", ...(process.env.NAMES ? ["--debug"] : [])];
  // Data of the module itself (tables) lies below 64 KiB; the memory above it belongs to memory.ts.
  const memory = ["--importMemory", "--sharedMemory", "--initialMemory", "1", "--maximumMemory", "65536"];
  const { error, stderr } = await asc.main([`${folder}/kernels/index.ts`, ...options, ...memory, "--enable", features], {
    writeFile: (_name, contents) => (bytes = contents),
  });
  if (error) {
    console.error(stderr.toString());
    process.exit(1);
  }
  return bytes;
}

const builds = { relaxed: await compile("simd,threads,relaxed-simd"), exact: await compile("simd,threads") };
const lines = Object.entries(builds).map(([name, bytes]) => `  ${name}: "${deflateRawSync(bytes, { level: 9 }).toString("base64")}",`);
const out = `${folder}/kernels.generated.ts`;
writeFileSync(
  out,
  `// Written by scripts/build-kernels.mjs from ${folder}/kernels: do not edit.\nexport const kernelBuilds = {\n${lines.join("\n")}\n};\n`,
);
for (const [name, bytes] of Object.entries(builds)) console.log(`${out}: ${name}, ${bytes.length} bytes of WebAssembly`);
