// Makes src/generate/grammar/xgrammar.generated.ts of the package @mlc-ai/web-xgrammar: the loader that Emscripten wrote for XGrammar as a module that every
// bundler, page, Worker and Node reads alike, and its WebAssembly, deflated and as base64. As the package comes, it is a CommonJS file that calls itself a module, so
// that import() fails in Node; it names Node's modules, for which Vite warns; and a Worker, which Vite bundles into one file, would carry 1.1 MB of it instead of 0.45 MB.
//
// Three things are changed on the way, and where the package is not as expected the build stops: the loader does not look for Node, which it would ask for
// files; the WebAssembly is left out of it, and given by who loads; and the pointer to the stack is exported, because an exception of C++ leaves the stack as it was where it
// was thrown.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { deflateRawSync } from "node:zlib";

const file = createRequire(import.meta.url).resolve("@mlc-ai/web-xgrammar");
const { version, license, repository } = JSON.parse(readFileSync(new URL("../package.json", `file://${file}`), "utf8"));
const source = readFileSync(file, "utf8");
const out = "src/generate/grammar/xgrammar.generated.ts";

/** The only part of the source that the pattern matches. */
function only(pattern, text = source) {
  const found = [...text.matchAll(new RegExp(pattern, "gs"))];
  if (found.length !== 1)
    throw new Error(`${file}: ${pattern} stands there ${found.length} times, expected once: mend scripts/build-xgrammar.mjs`);
  return found[0];
}

/** Like text.replace(), where there is exactly one such part. */
function replaceOnly(text, pattern, replacement) {
  const { index, 0: part } = only(pattern, text);
  return text.slice(0, index) + replacement + text.slice(index + part.length);
}

/** A number as LEB128. */
function leb128(value) {
  const low = value & 0x7f;
  return value < 0x80 ? [low] : [low | 0x80, ...leb128(value >>> 7)];
}

function readLeb128(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, at };
  }
}

/** Exports the first global, which is the stack pointer in what LLVM links, as "stackPointer". */
function exportStackPointer(wasm) {
  for (let at = 8; at < wasm.length; ) {
    const id = wasm[at];
    const { value: size, at: start } = readLeb128(wasm, at + 1);
    if (id !== 7) {
      at = start + size;
      continue;
    }
    const { value: count, at: first } = readLeb128(wasm, start);
    const name = new TextEncoder().encode("stackPointer");
    const content = [...leb128(count + 1), ...wasm.subarray(first, start + size), ...leb128(name.length), ...name, 3, 0];
    return Buffer.concat([wasm.subarray(0, at), Buffer.from([7, ...leb128(content.length), ...content]), wasm.subarray(start + size)]);
  }
  throw new Error(`${file}: its WebAssembly has no section of exports`);
}

const wasm = Buffer.from(only('"data:application/octet-stream;base64,([A-Za-z0-9+/=]+)"')[1], "base64");
const [, body] = only("async function\\(moduleArg = \\{\\}\\) \\{(.*?)\\n *\\}\\n *\\);\\n *\\}\\)\\(\\);");
let loader = body;
for (const place of ["WEB", "WORKER", "NODE"])
  loader = replaceOnly(loader, `ENVIRONMENT_IS_${place}=typeof .*?[,;](?=var |ENV)`, `ENVIRONMENT_IS_${place}=false;`);
loader = replaceOnly(loader, 'if\\(ENVIRONMENT_IS_NODE\\)\\{const\\{createRequire.*?(?=var out=Module\\["print"\\])', "");
loader = replaceOnly(loader, '"data:application/octet-stream;base64,[A-Za-z0-9+/=]+"', '"xgrammar.wasm"');
for (const foreign of ["import(", "_scriptDir", "document"])
  if (loader.includes(foreign)) throw new Error(`${file}: "${foreign}" is left in its loader`);

writeFileSync(
  out,
  `// @ts-nocheck
// Written by scripts/build-xgrammar.mjs from @mlc-ai/web-xgrammar ${version}: do not edit. XGrammar (${repository.url.replace("git+", "")}) is
// under the licence ${license}, copyright its contributors.
export async function createModule(moduleArg: object): Promise<object> {${loader}
}

export const wasm: string = "${deflateRawSync(exportStackPointer(wasm), { level: 9 }).toString("base64")}";
`,
);
console.log(`${out}: XGrammar ${version}, ${wasm.length} bytes of WebAssembly`);
