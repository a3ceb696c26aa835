// A build of the wasm backend, put through the conformance suite case by case. In a Worker: a page's own thread may not wait for others.
import { type ConformanceResult, conformanceCases, runConformance } from "../../src/ops/conformance.ts";
import { createReference } from "../../src/ops/reference/index.ts";
import { createWasm, type WasmOps } from "../../src/ops/wasm/index.ts";

/** What createWasm takes. */
export type Build = Parameters<typeof createWasm>;

/** First a build, then the names of cases; each of these is answered with a ConformanceResult. */
export type Request = { build: Build } | { name: string };

const judge = createReference();
let ops: Promise<WasmOps>;

addEventListener("message", ({ data }: MessageEvent<Request>) => {
  if ("build" in data) ops = createWasm(...data.build);
  else run(data.name).then((result) => postMessage(result), reportError);
});

async function run(name: string): Promise<ConformanceResult> {
  const cases = conformanceCases.filter((each) => each.name === name);
  return (await runConformance(await ops, judge, { cases }))[0];
}
