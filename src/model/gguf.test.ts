// GGUF files of Llamas give the numbers of the reference, and every other family survives the way through a GGUF of our own making, on every backend.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { goldenPath, readGolden } from "../../test/goldens.ts";
import { backends, type Decoder, greedy, openDecoder } from "../../test/run-decoder.ts";
import { beyondGguf, verifiedBy } from "../../test/support-table.ts";
import { FormatError, UnsupportedError } from "../errors.ts";
import { collectBytes, type GgufValue, writeGguf } from "../formats/index.ts";
import type { ModelConfig } from "./config.ts";
import { exportGguf } from "./gguf-export.ts";
import { checkpointValues } from "./load.ts";
import { openCheckpoint } from "./open-checkpoint.ts";

const logitTolerance = 1e-3;

interface Case {
  ids: number[];
  logits_f32: string;
  greedy: number[];
  greedy_gap: number[];
}

async function checkCase(model: Decoder, expected: Case): Promise<void> {
  const { ids, logits_f32, greedy_gap } = expected;
  const logits = new Float32Array(new Uint8Array(Buffer.from(logits_f32, "base64")).buffer);
  expect((await model.run([{ ids, start: 0 }])).logits.flat()).toBeWithin(logitTolerance, logits);
  // Where the two best scores are closer than rounding, another order of summation may choose the other.
  const tie = greedy_gap.findIndex((gap) => gap < 2 * logitTolerance);
  const sure = tie < 0 ? greedy_gap.length : tie;
  expect(sure).toBeGreaterThan(0);
  expect(await greedy(model, ids, sure, true)).toEqual(expected.greedy.slice(0, sure));
}

describe.runIf(goldenPath("quant/models/expected.json"))("GGUF Llamas, in every mix of block formats", () => {
  const cases: (Case & { files: string[] })[] = readGolden("quant/models/expected.json").cases;
  for (const expected of cases) {
    const path = goldenPath(`quant/models/${expected.files[0]}`);
    it.skipIf(!path).each(backends)(`${expected.files[0]} on %s`, async (backend) => {
      await checkCase(await openDecoder(path!, backend), expected);
    });
  }
});

describe.each(["f32-single", "bf16-sharded", "f16-tied-llama3rope"])("Hugging Face Llama %s", (name) => {
  const folder = goldenPath(`quant/hf-model/${name}`);
  it.skipIf(!folder).each(backends)("gives the same numbers on %s", async (backend) => {
    await checkCase(await openDecoder(folder!, backend), readGolden(`quant/hf-model/${name}/expected.json`));
  });
});

describe("hostile models", () => {
  it.skipIf(!goldenPath("quant/hostile-gguf/model-2^32-layers.gguf"))(
    "2^32 layers are refused before anything is made for them",
    async () => {
      const opened = openCheckpoint(goldenPath("quant/hostile-gguf/model-2^32-layers.gguf")!);
      await expect(opened).rejects.toThrow(FormatError);
      await expect(opened).rejects.toThrow(/"llama.block_count" is 4294967295, expected a whole number from 1 to 16384/);
    },
  );

  it.skipIf(!goldenPath("quant/hostile-gguf/model-heads-do-not-divide.gguf"))("heads that do not divide the width are named", async () => {
    const opened = openCheckpoint(goldenPath("quant/hostile-gguf/model-heads-do-not-divide.gguf")!);
    await expect(opened).rejects.toThrow(FormatError);
    await expect(opened).rejects.toThrow(/a width of 64 does not divide into 5 attention heads/);
  });
});

/** A golden checkpoint as the bytes of a GGUF file. */
async function toGguf(folder: string, change: (config: ModelConfig) => ModelConfig = (config) => config): Promise<Blob> {
  const checkpoint = await openCheckpoint(goldenPath(`models/${folder}`)!);
  try {
    return new Blob([await collectBytes(writeGguf(await exportGguf(change(checkpoint.config), checkpointValues(checkpoint))))]);
  } finally {
    await checkpoint.file.close();
  }
}

const exported = Object.values(verifiedBy)
  .flat()
  .filter((folder) => !beyondGguf.includes(folder));

describe.each(exported)("%s by way of GGUF", (folder) => {
  it.skipIf(!goldenPath(`models/${folder}`)).each(backends)("gives the logits of the original checkpoint on %s", async (backend) => {
    const golden = readGolden(`models/${folder}/golden.json`);
    const model = await openDecoder(await toGguf(folder), backend);
    const { logits } = await model.run(golden.input_ids.map((ids: number[]) => ({ ids, start: 0 })));
    expect(logits).toBeWithin(1e-4, golden.logits.flat());
    expect(await greedy(model, golden.greedy.prompt, 8, true)).toEqual(golden.greedy.ids.slice(0, 8));
  });
});

it.runIf(goldenPath("models/llama2-gqa"))("a GGUF says how its model pools", async () => {
  for (const pooling of ["mean", "cls", "last", "rank", undefined] as const) {
    const { config } = await openCheckpoint(await toGguf("llama2-gqa", (config) => ({ ...config, pooling })));
    expect(config.pooling).toBe(pooling);
  }
});

describe.runIf(goldenPath("models/llama2-gqa"))("what a GGUF cannot say", () => {
  it.each(beyondGguf.filter((folder) => goldenPath(`models/${folder}`)))("is refused on export: %s", async (folder) => {
    await expect(toGguf(folder)).rejects.toThrow(/architecture \w+ cannot express this configuration/);
  });

  it.each<[string, (config: ModelConfig) => ModelConfig]>([
    [
      "dynamic NTK",
      (config) => ({ ...config, positions: { kind: "rope", theta: 1e4, scaling: { kind: "dynamic", factor: 2, originalMaxSeqLen: 8 } } }),
    ],
    ["another activation", (config) => ({ ...config, ffn: { ...config.ffn, activation: "gelu" } })],
    ["norms after the sums", (config) => ({ ...config, residual: "parallel-shared" })],
    ["embeddings scaled", (config) => ({ ...config, embeddingScale: 2 })],
  ])("is refused on export: %s", async (_name, change) => {
    await expect(toGguf("llama2-gqa", change)).rejects.toThrow(UnsupportedError);
  });
});

describe.runIf(goldenPath("quant/models/tiny64-F32.gguf"))("a GGUF with", () => {
  /** The header of a golden Llama with one key more, and no data: configurations are refused before weights are read. */
  async function withKey(key: string, value: GgufValue): Promise<unknown> {
    const { openGguf } = await import("../formats/index.ts");
    const source = await openGguf(new Blob([readFileSync(join(goldenPath("quant/models")!, "tiny64-F32.gguf"))]));
    const tensors = [];
    for (const { name, shape, type, read } of source.tensors.values()) tensors.push({ name, shape, type, data: await read() });
    const metadata = new Map([...source.metadata, [key, value]]);
    const bytes = await collectBytes(writeGguf({ metadata, tensors }));
    return openCheckpoint(new Blob([bytes])).then(({ config }) => config);
  }

  it("an unknown architecture, experts, encoders or unknown options is refused by name", async () => {
    await expect(withKey("general.architecture", { type: "string", value: "mamba" })).rejects.toThrow(
      /architecture "mamba" is not one that cria runs/,
    );
    await expect(withKey("llama.expert_count", { type: "uint32", value: 8 })).rejects.toThrow(
      /"llama.expert_count" is 8: mixtures of experts are not supported/,
    );
    await expect(withKey("llama.attention.causal", { type: "bool", value: false })).rejects.toThrow(UnsupportedError);
    await expect(withKey("llama.rope.scaling.type", { type: "string", value: "longrope" })).rejects.toThrow(/"longrope" is not supported/);
    await expect(withKey("llama.pooling_type", { type: "uint32", value: 9 })).rejects.toThrow(
      /"llama.pooling_type" is 9, expected 0 \(none\), 1 \(mean\)/,
    );
    await expect(withKey("llama.rope.freq_base", { type: "float32", value: Number.NaN })).rejects.toThrow(/rope theta is NaN/);
  });

  it("keys that other files write otherwise is understood", async () => {
    expect(await withKey("llama.rope.scale_linear", { type: "float32", value: 4 })).toMatchObject({
      positions: { scaling: { kind: "linear", factor: 4 } },
    });
    expect(await withKey("llama.pooling_type", { type: "uint32", value: 3 })).toMatchObject({ pooling: "last" });
    expect(await withKey("llama.pooling_type", { type: "uint32", value: 0 })).not.toHaveProperty("pooling");
    expect(await withKey("llama.attention.sliding_window", { type: "uint32", value: 8 })).toMatchObject({
      attention: { window: { size: 8, local: [true, true] } },
    });
  });
});
