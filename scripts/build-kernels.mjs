// Compiles the AssemblyScript kernels, once with relaxed SIMD and once without, and writes the modules, deflated and as base64, into
// src/ops/wasm/kernels.generated.ts: the library stays plain ESM, and nothing is fetched or read from disk at run time. Both are compiled for a shared
// memory; build.ts turns them into modules for an unshared one where that is all there is.
//
// What they were made of stands in the first line, and while that is the same nothing is compiled: `npm ci` has built just before `npm test` does.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import asc from "assemblyscript/asc";
import { tilesSource } from "../src/ops/wasm/kernels/tiles.mjs";

const folder = "src/ops/wasm";
writeFileSync(`${folder}/kernels/tiles.generated.ts`, tilesSource());

/** A module, and all that it imports, wherever that lies. */
function sources(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, name] of readFileSync(file, "utf8").matchAll(/ from "(\.[^"]+)"/g)) sources(join(dirname(file), `${name}.ts`), found);
  return found;
}

const hash = createHash("sha256").update(`${asc.version} ${process.env.NAMES ?? ""}`);
for (const file of [fileURLToPath(import.meta.url), ...sources(`${folder}/kernels/index.ts`)]) hash.update(readFileSync(file));

const out = `${folder}/kernels.generated.ts`;
const firstLine = `// Written by scripts/build-kernels.mjs from ${folder}/kernels: do not edit. Made of ${hash.digest("hex")}.\n`;
if (existsSync(out) && readFileSync(out, "utf8").startsWith(firstLine)) {
  console.log(`${out}: up to date`);
  process.exit();
}

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
writeFileSync(out, `${firstLine}export const kernelBuilds = {\n${lines.join("\n")}\n};\n`);
for (const [name, bytes] of Object.entries(builds)) console.log(`${out}: ${name}, ${bytes.length} bytes of WebAssembly`);
