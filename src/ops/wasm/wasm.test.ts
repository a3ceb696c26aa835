// The wasm backend against the judge, case by case. Gradients are not its yet; everything else is required.
import { describe, expect, it } from "vitest";
import { goldenPath, readGolden } from "../../../test/goldens.ts";
import { dequantize } from "../../formats/quant/index.ts";
import { type StorageType, storage, storageBytes } from "../../tensor/dtype.ts";
import { conformanceCases, runConformance } from "../conformance.ts";
import { createReference } from "../reference/index.ts";
import { createWasm } from "./index.ts";

const quantTypes = Object.keys(storage) as StorageType[];
const gradients = /Backward|Gradient/;
const required = conformanceCases.filter(({ ops }) => !ops.some((op) => gradients.test(op))).map(({ name }) => name);

describe("the wasm backend", () => {
  it.each(conformanceCases.map((conformanceCase) => [conformanceCase.name, conformanceCase] as const))(
    "%s",
    async (name, conformanceCase) => {
      const options = { cases: [conformanceCase], required: required.filter((each) => each === name) };
      const [result] = await runConformance(await createWasm(), createReference(), options);
      if (result.outcome === "skip") expect(result.reason).toContain("the wasm backend has no gradients");
      else expect(result, result.reason).toMatchObject({ outcome: "pass" });
    },
  );

  it("keeps memory flat over many steps", async () => {
    const ops = await createWasm();
    const w = ops.weight([64, 64], "F32", new Uint8Array(4 * 64 * 64));
    const step = (): Promise<Float32Array> =>
      ops.scope(() => {
        let h = ops.input(new Float32Array(5 * 64).fill(1), [5, 64]);
        for (let layer = 0; layer < 3; layer++) h = ops.scope(() => ops.add(h, ops.linear(h, w)));
        return ops.read(h);
      });
    await step();
    const before = ops.memoryBytes();
    for (let i = 0; i < 1000; i++) await step();
    expect(ops.memoryBytes()).toBe(before);
  });
});

describe("weights in the engine's memory", () => {
  const types = quantTypes.filter((type) => goldenPath(`quant/blocks/${type}.json`));
  it.each(types)("%s comes out bit for bit as formats/quant widens it", async (type) => {
    const { data, block_size, n_blocks } = readGolden(`quant/blocks/${type}.json`);
    const bytes = new Uint8Array(Buffer.from(data, "base64"));
    const ops = await createWasm();
    const exported = await ops.exportWeight(ops.weight([1, block_size * n_blocks], type, bytes));
    expect(new Uint32Array(exported.buffer)).toEqual(new Uint32Array(dequantize(type, bytes).buffer));
  });

  it.each<[StorageType, number]>([
    ["Q4_K", 192],
    ["BF16", 512],
    ["IQ2_S", 1024], // no kernel: float32
  ])("256 values of %s take %i bytes", async (type, bytes) => {
    const ops = await createWasm();
    ops.weight([8, 256], type, new Uint8Array(storageBytes(type, 8 * 256)!)); // and memory in which rows are packed
    const before = ops.memoryBytes();
    for (let i = 0; i < 64; i++) ops.weight([8, 256], type, new Uint8Array(storageBytes(type, 8 * 256)!));
    expect((ops.memoryBytes() - before) / 512).toBeLessThanOrEqual(bytes);
  });
});
