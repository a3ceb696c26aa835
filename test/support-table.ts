// docs/support.md, from the tables that the code itself uses. What was verified is said beside it and checked where the reference numbers are.

import { tensorTypeIds } from "../src/formats/gguf/tensor-types.ts";
import { quantizable } from "../src/formats/quant/index.ts";
import { safetensorsTypes } from "../src/formats/safetensors/dtypes.ts";
import type { Family } from "../src/model/config.ts";
import { families } from "../src/model/families.ts";
import { ggufArchitectures } from "../src/model/gguf-config.ts";
import { hfModelType } from "../src/model/hf-config.ts";
import { type StorageType, storage } from "../src/tensor/dtype.ts";

/** Golden checkpoints (models/ of the goldens) whose logits, hidden states, loss and greedy ids each family reproduces. */
export const verifiedBy: Readonly<Record<Family, readonly string[]>> = {
  llama: [
    "llama1",
    "llama2-gqa",
    "llama2-gqa-bf16",
    "llama2-gqa-f16",
    "llama2-gqa-sharded",
    "llama3",
    "llama31",
    "llama32",
    "codellama-linear",
    "llama-yarn",
    "llama-dynamic-ntk",
  ],
  mistral: ["mistral"],
  qwen: [],
  qwen2: ["qwen2", "qwen2-tied"],
  qwen3: ["qwen3"],
  gemma: ["gemma"],
  gemma2: ["gemma2"],
  gemma3: ["gemma3"],
  gpt2: ["gpt2", "gpt2-bare-names"],
  bloom: ["bloom"],
  falcon: ["falcon-mqa", "falcon-gqa", "falcon-alibi"],
  mpt: ["mpt"],
  "gpt-neox": ["gpt-neox"],
};

/** What is worth knowing about a family's files. */
const notes: Partial<Record<Family, string>> = {
  llama: "all rotary scalings; a GGUF has no dynamic NTK",
  mistral: "in GGUF it is architecture llama, with the window of `llama.attention.sliding_window`; llama.cpp runs those without a window",
  qwen: "Hugging Face names are unverified; the GGUF form gives llama.cpp's greedy ids on random weights",
  gemma3: "text only",
  falcon: "ALiBi (RW) from Hugging Face only, its penalties counted twice as in transformers with eager attention",
  mpt: "without clip_qkv and qk_ln",
};

const ggufName = (family: Family): string => (family === "mistral" ? ggufArchitectures.llama : ggufArchitectures[family]);

function familyRows(): string[] {
  return (Object.keys(families) as Family[]).map((family) => {
    const goldens = verifiedBy[family].map((name) => `\`${name}\``).join(", ") || "unverified";
    return `| ${family} | \`${hfModelType(family)}\` | \`${ggufName(family)}\` | ${goldens} | ${notes[family] ?? ""} |`;
  });
}

function typeRows(): string[] {
  const mark = (yes: boolean): string => (yes ? "yes" : "");
  const isWeight = (type: StorageType): boolean => !/^(I\d|U\d|BOOL)/.test(type);
  return (Object.keys(storage) as StorageType[]).filter(isWeight).map((type) => {
    const { blockSize, blockBytes } = storage[type];
    const bits = Number(((8 * blockBytes) / blockSize).toFixed(4));
    const cells = [type, bits, mark(tensorTypeIds.has(type)), mark(safetensorsTypes.includes(type)), mark(quantizable.includes(type))];
    return `| ${cells.join(" | ")} |`;
  });
}

export function supportTable(): string {
  return `# What cria runs

Made by \`node scripts/support-table.mjs\` from the tables in the code; a test fails when it is out of date.

## Model families

Decoders, from Hugging Face folders (config.json with safetensors, in one file or in shards) and from GGUF files (in one or split). Each is verified
against transformers by the golden checkpoints that are named: logits, hidden states, loss and greedy ids, alone, batched and through the cache
(\`src/model/decoders.test.ts\`). By way of GGUF each gives the same logits (\`src/model/gguf.test.ts\`), and llama.cpp, fed with that file, the same greedy
ids (\`bench/llama-cpp-check.mjs\`).

| family | \`model_type\` | GGUF architecture | verified by | |
|---|---|---|---|---|
${familyRows().join("\n")}

Refused by name: mixtures of experts, models of several modalities, encoders, weights quantised by GPTQ, AWQ and the like, and every option of the families
above that would change the numbers and is not there.

## Storage of weights

Every family takes weights in every type that its file format has. Types are widened bit for bit as ggml does (\`src/formats/quant\`); Llamas in mixes of
them reproduce their golden logits. "Written" are those that cria can also quantise to.

| type | bits a weight | GGUF | safetensors | written |
|---|---|---|---|---|
${typeRows().join("\n")}
`;
}
