// A build of the wasm backend, put through the conformance suite case by case. In a Worker: a page's own thread may not wait for others.
import { type ConformanceResult, conformanceCases, runConformance } from "../../src/ops/conformance.ts";
import { createReference } from "../../src/ops/reference/index.ts";
import { createWasm } from "../../src/ops/wasm/index.ts";

const judge = createReference();
const ops = createWasm();

addEventListener("message", ({ data: name }: MessageEvent<string>) => {
  run(name).then((result) => postMessage(result), reportError);
});

async function run(name: string): Promise<ConformanceResult> {
  const cases = conformanceCases.filter((each) => each.name === name);
  return (await runConformance(await ops, judge, { cases }))[0];
}
