// The wasm backend against the judge, case by case. Gradients are not its yet; everything else is required.
import { describe, expect, it } from "vitest";
import { conformanceCases, runConformance } from "../conformance.ts";
import { createReference } from "../reference/index.ts";
import { createWasm } from "./index.ts";

const gradients = /Backward|Gradient/;
const required = conformanceCases.filter(({ ops }) => !ops.some((op) => gradients.test(op))).map(({ name }) => name);

describe("the wasm backend", () => {
  it.each(conformanceCases.map((conformanceCase) => [conformanceCase.name, conformanceCase] as const))("%s", async (name, conformanceCase) => {
    const options = { cases: [conformanceCase], required: required.filter((each) => each === name) };
    const [result] = await runConformance(await createWasm(), createReference(), options);
    if (result.outcome === "skip") expect(result.reason).toContain("the wasm backend has no gradients");
    else expect(result, result.reason).toMatchObject({ outcome: "pass" });
  });

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
