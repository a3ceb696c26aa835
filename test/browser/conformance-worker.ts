// A build of the wasm backend, put through the conformance suite case by case. In a Worker: a page's own thread may not wait for others.
import { type ConformanceResult, conformanceCases, runConformance } from "../../src/ops/conformance.ts";
import { createReference } from "../../src/ops/reference/index.ts";
import { createWasm, type WasmOps, type WasmOptions } from "../../src/ops/wasm/index.ts";

/** First options, answered with the Build; then the names of cases, each answered with a ConformanceResult. */
export type Request = { options: WasmOptions } | { name: string };

/** What was built, as far as a message can carry it. */
export type Build = Omit<WasmOps["build"], "memories">;

const judge = createReference();
let ops: Promise<WasmOps>;

addEventListener("message", ({ data }: MessageEvent<Request>) => {
  answer(data).then((reply) => postMessage(reply), reportError);
});

async function answer(request: Request): Promise<Build | ConformanceResult> {
  if ("name" in request) return run(request.name);
  ops = createWasm(request.options);
  const { memories, ...build } = (await ops).build;
  return build;
}

async function run(name: string): Promise<ConformanceResult> {
  const cases = conformanceCases.filter((each) => each.name === name);
  return (await runConformance(await ops, judge, { cases }))[0];
}
