import { cpus } from "node:os";
import { describe, expect, it } from "vitest";
import { processor, showProcessor, v8Gains, wasmFeatures } from "./machine.ts";

describe("the machine", () => {
  it("has the processor that Node names", async () => {
    const { model, cores } = await processor();
    expect(model).toBe(cpus()[0].model.trim());
    expect(cores).toBeGreaterThan(0);
  });

  it("shows features where the system names them", () => {
    expect(showProcessor({ model: "EPYC", cores: 2, features: ["avx2", "avx_vnni"] })).toBe("EPYC (avx2 avx_vnni)");
    expect(showProcessor({ model: "M3", cores: 8, features: [] })).toBe("M3");
  });

  it("has relaxed SIMD: Node 20 behind a flag, later ones at once", async () => {
    const flag = Number.parseInt(process.versions.node, 10) < 22;
    expect(wasmFeatures()).toEqual({ simd: true, relaxedSimd: flag ? "flag" : "yes", threads: true });
  });

  it("gains by Node 24", () => {
    expect(v8Gains(["avx2", "avx_vnni"], 22)).toEqual({ vnni: false, turbo: false });
    expect(v8Gains(["avx2", "avx_vnni"], 24)).toEqual({ vnni: true, turbo: true });
    // AVX-512's form of the same instructions is not used.
    expect(v8Gains(["avx2", "avx512_vnni"], 24)).toEqual({ vnni: false, turbo: true });
  });
});
