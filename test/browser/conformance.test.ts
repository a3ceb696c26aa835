// Every build of the wasm backend in a browser, against the judge, case by case.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConformanceResult, conformanceCases } from "../../src/ops/conformance.ts";
import type { Build, Request } from "./conformance-worker.ts";

const builds: Readonly<Record<string, Build>> = {
  "one thread": [],
};

describe.each(Object.entries(builds))("the wasm backend, %s", (_, build) => {
  let worker: Worker;
  const send = (request: Request): void => worker.postMessage(request);
  beforeAll(() => {
    worker = new Worker(new URL("./conformance-worker.ts", import.meta.url), { type: "module" });
    send({ build });
  });
  afterAll(() => worker.terminate());

  it.each(conformanceCases.map(({ name }) => name))("%s", async (name) => {
    const result = await new Promise<ConformanceResult>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      send({ name });
    });
    // Gradients are not its yet; everything else is required.
    if (result.outcome === "skip") expect(result.reason).toContain("the wasm backend has no gradients");
    else expect(result, result.reason).toMatchObject({ outcome: "pass" });
  });
});
