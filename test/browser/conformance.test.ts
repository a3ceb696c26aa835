// Every build of the wasm backend in a browser, against the judge, case by case.
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type ConformanceResult, conformanceCases } from "../../src/ops/conformance.ts";
import type { WasmOptions } from "../../src/ops/wasm/index.ts";
import type { Build, Request } from "./conformance-worker.ts";

/** Memory that threads share, and memory of one thread: the kernels differ. */
const builds: readonly [string, WasmOptions, Build][] = inject("isolated")
  ? [
      ["relaxed SIMD, two threads", { simd: "relaxed", threads: 2 }, { simd: "relaxed", shared: true, threads: 2 }],
      ["exact SIMD, two threads", { simd: "exact", threads: 2 }, { simd: "exact", shared: true, threads: 2 }],
    ]
  : [
      ["relaxed SIMD", { simd: "relaxed" }, { simd: "relaxed", shared: false, threads: 1 }],
      ["exact SIMD", { simd: "exact" }, { simd: "exact", shared: false, threads: 1 }],
      ["activations as they are", { activations: "f32" }, { simd: "relaxed", shared: false, threads: 1 }],
    ];

let worker: Worker;
const ask = <Reply extends Build | ConformanceResult>(request: Request): Promise<Reply> =>
  new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(request);
  });
beforeAll(() => {
  worker = new Worker(new URL("./conformance-worker.ts", import.meta.url), { type: "module" });
});
afterAll(() => worker.terminate());

describe.each(builds)("the wasm backend, %s", (_, options, build) => {
  beforeAll(async () => {
    expect(await ask<Build>({ options })).toEqual(build);
  });

  it.each(conformanceCases.map(({ name }) => name))("%s", async (name) => {
    const result = await ask<ConformanceResult>({ name });
    expect(result, result.reason).toMatchObject({ outcome: "pass" });
  });
});
