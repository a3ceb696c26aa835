// Copies the committed subset of the reference numbers from ../shared/goldens to test/goldens, so that a clone alone can run its tests.
//   node scripts/copy-goldens.mjs            copy what is missing or differs, remove what the manifest does not name
//   node scripts/copy-goldens.mjs --check    change nothing, exit 1 when the two differ
// Only numbers and random checkpoints made for this project belong here. Vocabularies, chat templates and real weights carry other
// licences and are never committed: nothing of tokenizers/, templates/ or smollm2/.
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** Files and whole folders, relative to goldens/. This list is the one place that says what is committed. */
const manifest = [
  "README.md",
  // Architectures: one of each kind that differs in the forward pass, and one in each way of storing it.
  ...["llama2-gqa", "llama2-gqa-f16", "llama2-gqa-bf16", "llama2-gqa-sharded", "llama31", "llama32"].map((name) => `models/${name}`),
  ...["qwen3", "gemma2", "gpt2", "falcon-gqa", "bloom"].map((name) => `models/${name}`),
  // Storage: the ten commonest block types, the plain floats, and every file that readers must survive.
  ...["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"].map((type) => `quant/blocks/${type}.json`),
  ...["F32", "F16", "BF16", "half-conversions"].map((name) => `quant/blocks/${name}.json`),
  "quant/gguf",
  "quant/safetensors",
  "quant/hostile-gguf",
  "quant/hostile-safetensors",
  // Whole GGUF models with a tokenizer of 512 entries inside.
  "quant/models/expected.json",
  ...["tiny64-F32", "tiny64-Q8_0", "tiny64-Q4_0", "tiny64-Q4_1", "tiny64-llama3rope-F16"].map((name) => `quant/models/${name}.gguf`),
  ...["split-00001-of-00002", "split-00002-of-00002"].map((name) => `quant/models/${name}.gguf`),
  // Training and alignment.
  "training/gradients/llama2-gqa",
  "training/adamw",
  "rlhf",
  "components",
];

/** A clone should stay small. */
const maxBytes = 10e6;

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const source = join(root, "..", "shared", "goldens");
const target = join(root, "test", "goldens");

/** All files below a folder, or the file itself, relative to `base`. */
function filesBelow(base, path) {
  const full = join(base, path);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [path];
  return readdirSync(full).flatMap((name) => filesBelow(base, join(path, name)));
}

/** What separates the two sides: [verb, file], where the verb says what the committed side needs. */
function differences(wanted) {
  const committed = new Set(filesBelow(target, "."));
  const needed = wanted.flatMap((file) => {
    if (!committed.has(file)) return [["add", file]];
    return readFileSync(join(source, file)).equals(readFileSync(join(target, file))) ? [] : [["update", file]];
  });
  const keep = new Set(wanted);
  return [...needed, ...[...committed].filter((file) => !keep.has(file)).map((file) => ["remove", file])];
}

function apply([verb, file]) {
  const to = join(target, file);
  if (verb === "remove") return rmSync(to);
  mkdirSync(dirname(to), { recursive: true });
  rmSync(to, { force: true });
  copyFileSync(join(source, file), to);
  chmodSync(to, 0o644);
}

function main() {
  if (!existsSync(source)) return `there is no ${relative(root, source)} beside the checkout: nothing to copy or compare`;
  const missing = manifest.filter((entry) => !existsSync(join(source, entry)));
  if (missing.length > 0) return `the manifest names what ${relative(root, source)} does not have: ${missing.join(", ")}`;

  const wanted = manifest.flatMap((entry) => filesBelow(source, entry));
  const bytes = wanted.reduce((sum, file) => sum + statSync(join(source, file)).size, 0);
  const size = `${wanted.length} files, ${(bytes / 1e6).toFixed(2)} MB`;
  if (bytes > maxBytes) return `the manifest asks for ${size}; ${maxBytes / 1e6} MB is the limit`;

  const changes = differences(wanted);
  if (!process.argv.includes("--check")) changes.forEach(apply);
  else if (changes.length > 0) {
    const list = changes.map(([verb, file]) => `  ${verb} ${file}`).join("\n");
    return `test/goldens differs from ${relative(root, source)}, run node scripts/copy-goldens.mjs:\n${list}`;
  }
  console.log(`test/goldens: ${size}, ${changes.length} changed`);
}

const failure = main();
if (failure) {
  console.error(failure);
  process.exitCode = 1;
}
