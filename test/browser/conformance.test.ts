// The wasm backend in a browser against the judge, case by case.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConformanceResult, conformanceCases } from "../../src/ops/conformance.ts";

describe("the wasm backend", () => {
  let worker: Worker;
  beforeAll(() => {
    worker = new Worker(new URL("./conformance-worker.ts", import.meta.url), { type: "module" });
  });
  afterAll(() => worker.terminate());

  it.each(conformanceCases.map(({ name }) => name))("%s", async (name) => {
    const result = await new Promise<ConformanceResult>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(name);
    });
    // Gradients are not its yet; everything else is required.
    if (result.outcome === "skip") expect(result.reason).toContain("the wasm backend has no gradients");
    else expect(result, result.reason).toMatchObject({ outcome: "pass" });
  });
});
