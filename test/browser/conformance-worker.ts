// Builds of the wasm backend, one after another, put through the conformance suite case by case. In a Worker: a page's own thread may not wait for others.
import { type ConformanceResult, conformanceCases, runConformance } from "../../src/ops/conformance.ts";
import { createReference } from "../../src/ops/reference/index.ts";
import { createWasm, type WasmOps, type WasmOptions } from "../../src/ops/wasm/index.ts";
import { kept } from "../kept-judge.ts";

/** Options, answered with the Build that comes after the last one; names of cases, each answered with its ConformanceResult. */
export type Request = { options: WasmOptions } | { name: string };

/** What was built, as far as a message can carry it. */
export type Build = Omit<WasmOps["build"], "memories">;

const judge = createReference();
const judged = kept(judge);
let ops: WasmOps | undefined;

addEventListener("message", ({ data }: MessageEvent<Request>) => {
  answer(data).then((reply) => postMessage(reply), reportError);
});

async function answer(request: Request): Promise<Build | ConformanceResult> {
  if ("name" in request) return run(request.name);
  await ops?.dispose();
  ops = await createWasm(request.options);
  const { memories, ...build } = ops.build;
  return build;
}

async function run(name: string): Promise<ConformanceResult> {
  const cases = judged(conformanceCases.filter((each) => each.name === name));
  return (await runConformance(ops!, judge, { cases }))[0];
}
