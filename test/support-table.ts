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

/** Those among them that a GGUF has no words for. */
export const beyondGguf: readonly string[] = ["llama-dynamic-ntk", "falcon-alibi"];

/** Golden GGUF Llamas (quant/models of the goldens), made by gguf-py and llama.cpp, and the types of their matrices. */
export const goldenMixes: Readonly<Record<string, readonly StorageType[]>> = {
  "tiny64-F32": ["F32"],
  "tiny64-F16": ["F16"],
  "tiny64-BF16": ["BF16"],
  "tiny64-Q8_0": ["Q8_0"],
  "tiny64-Q4_0": ["Q4_0"],
  "tiny64-Q4_1": ["Q4_1"],
  "tiny64-Q5_0": ["Q5_0"],
  "tiny64-Q5_1": ["Q5_1"],
  "tiny64-llama3rope-F16": ["F16"],
  "tiny256-Q4_K_M": ["Q4_K", "Q6_K"],
  "tiny256-Q6_K": ["Q6_K"],
  "tiny256-Q2_K": ["Q2_K", "Q3_K", "Q6_K"],
  "tiny256-Q3_K_M": ["Q3_K", "Q4_K", "Q5_K", "Q6_K"],
  "tiny256-Q5_K_M": ["Q5_K", "Q6_K"],
  "tiny256-IQ4_XS": ["IQ4_XS", "Q6_K"],
  "tiny256-IQ4_NL": ["IQ4_NL", "Q6_K"],
  "tiny256-IQ3_S": ["IQ3_S", "Q6_K"],
  "tiny256-TQ2_0": ["Q4_K", "Q6_K", "TQ2_0"],
  "split-00001-of-00002": ["Q8_0"],
};

/** What is worth knowing about a family's files. */
const notes: Partial<Record<Family, string>> = {
  llama: "all rotary scalings; a GGUF has no dynamic NTK",
  mistral: "in GGUF it is architecture llama, with the window of `llama.attention.sliding_window`; llama.cpp runs those without a window",
  qwen: "Hugging Face names are unverified; the GGUF form gives llama.cpp's greedy ids on random weights",
  gemma3: "text only",
  falcon:
    "ALiBi (RW) from Hugging Face only: added once for files of transformers 4, as RW was published; twice for others, as transformers 5 does with eager attention",
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
    const formats = [tensorTypeIds.has(type), safetensorsTypes.includes(type), quantizable.includes(type)].map(mark);
    const mixes = Object.keys(goldenMixes).filter((name) => goldenMixes[name].includes(type));
    return `| ${[type, bits, ...formats, mixes.map((name) => `\`${name}\``).join(", ")].join(" | ")} |`;
  });
}

export function supportTable(): string {
  return `# What cria runs

Made by \`node scripts/support-table.mjs\` from the tables in the code; a test fails when it is out of date.

## Model families

Decoders, from Hugging Face folders (config.json with safetensors, in one file or in shards) and from GGUF files (in one or split). Each is verified
against transformers by the golden checkpoints that are named, on both backends, wasm and reference: logits, hidden states, loss and greedy ids, with
the same bits alone, batched and through the cache (\`src/model/decoders.test.ts\`; dynamic NTK, whose frequencies depend on the length, has its own
numbers through the cache). Written as a GGUF file and read back, each gives the same logits (\`src/model/gguf.test.ts\`), but for
${beyondGguf.map((name) => `\`${name}\``).join(" and ")}, which the format cannot express: writing them is refused. llama.cpp, fed with such files, gives the same
greedy ids, but for the differences that \`bench/llama-cpp-check.mjs\` names. Written as a Hugging Face folder and read back, each has the same
weights bit for bit (\`src/model/hf-export.test.ts\`); \`bench/export-check.mjs\` lets transformers and llama.cpp read what \`cria export\` writes.

| family | \`model_type\` | GGUF architecture | verified by | |
|---|---|---|---|---|
${familyRows().join("\n")}

Refused by name: mixtures of experts, models of several modalities, encoders, weights quantised by GPTQ, AWQ and the like, and every option of the families
above that would change the numbers and is not there.

## Storage of weights

How each type is judged:

- Widened bit for bit as ggml does: all types of GGUF but F64 (\`src/formats/quant/quant.test.ts\`).
- F64 and the F8 types: by their definition, and as the safetensors library wrote them (\`src/formats/quant/floats.test.ts\`).
- Whole Llamas, in one type or in a mix of llama.cpp's: the golden GGUF files that are named give their reference logits and greedy ids, on both
  backends (\`src/model/gguf.test.ts\`).
- Every family in every type of GGUF but F64, with random weights: wasm gives the logits that the reference gives on the widened weights, within 1e-4
  (\`src/model/storage-types.test.ts\`).

"Written" are the types that cria can also quantise to.

| type | bits a weight | GGUF | safetensors | written | whole Llamas |
|---|---|---|---|---|---|
${typeRows().join("\n")}
`;
}
