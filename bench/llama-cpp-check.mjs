// Does llama.cpp read the GGUF files that cria writes, and compute the same? For each golden checkpoint: export it (src/model/gguf-export.ts), let
// llama.cpp and cria decode greedily from that file, compare ids with each other and with PyTorch's, and the logits after the prompt.
//
//   npm run build && node bench/llama-cpp-check.mjs [GOLDENS]        GOLDENS: a folder with models/, test/goldens by default
//   PYTHON=/path/to/python with llama-cpp-python installed; python3 by default
//
// Differences that are llama.cpp's: it looks gelu up in a table of half floats, in the tanh form also for Falcon, MPT and GPT-NeoX (logits off by some
// 1e-3), and runs Mistral files, whose architecture is "llama" there, without the sliding window. Prints a table and ends with one JSON line.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeGguf } from "../dist/formats/index.js";
import { buildBatch } from "../dist/model/batch.js";
import { exportGguf } from "../dist/model/gguf-export.js";
import { checkpointValues, loadWeights } from "../dist/model/load.js";
import { openCheckpoint } from "../dist/model/open-checkpoint.js";
import { logits, transformer } from "../dist/model/transformer.js";
import { createReference } from "../dist/ops/reference/index.js";

const folders = [
  ..."llama1 llama2-gqa llama3 llama31 llama32 codellama-linear llama-yarn mistral qwen2 qwen2-tied qwen3".split(" "),
  ..."gemma gemma2 gemma3 gpt2 bloom falcon-mqa falcon-gqa mpt gpt-neox".split(" "),
];
const goldens = process.argv[2] ?? fileURLToPath(new URL("../test/goldens", import.meta.url));
const ops = createReference();

/** Writes the checkpoint as GGUF, and returns what cria computes from that file. */
async function exportAndRun(folder, path, prompt, count) {
  const original = await openCheckpoint(join(goldens, "models", folder));
  const metadata = new Map([["tokenizer.ggml.model", { type: "string", value: "no_vocab" }]]);
  await writeFile(path, writeGguf(await exportGguf(original.config, checkpointValues(original), { metadata })));
  await original.file.close();

  const checkpoint = await openCheckpoint(path);
  const weights = await loadWeights(ops, checkpoint);
  await checkpoint.file.close();
  const ids = [...prompt];
  let first;
  for (let i = 0; i < count; i++) {
    const h = transformer(ops, checkpoint.config, weights, buildBatch(ops, checkpoint.config, [{ ids, start: 0 }]));
    const last = logits(ops, checkpoint.config, weights, ops.gather(h, ops.input(Int32Array.of(ids.length - 1))));
    const scores = Array.from(await ops.read(last));
    first ??= scores;
    ids.push(scores.indexOf(Math.max(...scores)));
  }
  return { ids: ids.slice(prompt.length), logits: first };
}

const temporary = await mkdtemp(join(tmpdir(), "cria-llama-cpp-"));
try {
  const rows = [];
  for (const folder of folders.filter((name) => existsSync(join(goldens, "models", name)))) {
    const { greedy } = JSON.parse(readFileSync(join(goldens, "models", folder, "golden.json"), "utf8"));
    const file = join(temporary, `${folder}.gguf`);
    const cria = await exportAndRun(folder, file, greedy.prompt, greedy.ids.length);
    rows.push({ folder, file, prompt: greedy.prompt, count: greedy.ids.length, expected: greedy.ids, cria });
  }
  const python = process.env.PYTHON ?? "python3";
  const script = fileURLToPath(new URL("llama-cpp-check.py", import.meta.url));
  const { stdout, stderr, status } = spawnSync(python, [script], { input: JSON.stringify(rows), encoding: "utf8", maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`${python} with llama-cpp-python failed:\n${stderr}`);
  const { version, results } = JSON.parse(stdout);

  const agreeing = (a, b) => {
    const first = a.findIndex((id, i) => id !== b[i]);
    return `${first < 0 ? a.length : first}/${a.length}`;
  };
  const table = rows.map(({ folder, expected, cria }, i) => {
    const { error, ids, logits: theirs } = results[i];
    if (error) return { folder, error };
    const distance = Math.max(...theirs.map((score, j) => Math.abs(score - cria.logits[j])));
    return {
      folder,
      "llama.cpp = PyTorch": agreeing(expected, ids),
      "cria = PyTorch": agreeing(expected, cria.ids),
      "logits apart": distance.toExponential(1),
    };
  });
  console.log(`llama-cpp-python ${version}: greedy ids until the first that differs, logits after the prompt (llama.cpp against cria)`);
  console.table(table);
  console.log(JSON.stringify({ llamaCppPython: version, rows: table }));
} finally {
  await rm(temporary, { recursive: true });
}
