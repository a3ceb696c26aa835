// cria beside native llama.cpp (node-llama-cpp) on the same file, machine and thread count, each contestant in a process of its own. Prints tokens a
// second and cria's ratio to the peer, run by run. Needs a build (dist/) and, the first time, the network for the peer.
//
//   node bench/peers.mjs [--model FILE]... [--node NODE]... [--threads 2] [--rounds 5] [--sequences N] [--load JSON] [--json]
//
//   --model      a .gguf file, or SHAPE-TYPE for a synthetic one (synthetic-gguf.mjs): smollm2_135m-Q4_0; may be given several times
//   --node       run cria with this Node as well: a path, or a version that npm has (24); may be given several times
//   --sequences  decode so many sequences at once as well
//   --load       options of load() for cria, as JSON
import { fork } from "node:child_process";
import { parseArgs } from "node:util";
import { compareOn, contextLength, flags } from "./compare.mjs";
import * as peer from "./engines/node-llama-cpp.mjs";
import { nodeBinary } from "./folder.mjs";

const { values } = parseArgs({
  options: { ...flags, node: { type: "string", multiple: true, default: [] }, sequences: { type: "string", default: "1" } },
});
const threads = Number(values.threads);
const sequences = Number(values.sequences);
const options = { threads, contextLength, ...JSON.parse(values.load) };
const nodes = [process.execPath, ...values.node.map(nodeBinary)];
peer.install();

await compareOn(
  values,
  async (model) => {
    const contestants = [await start("node-llama-cpp", process.execPath, { model, threads, contextLength, sequences })];
    for (const node of nodes) contestants.push(await start("cria", node, { model, options }));
    contestants[0].name = `node-llama-cpp ${peer.version}`;
    return contestants;
  },
  { decoded: 64, sequences },
);

/** A contestant in its own process. */
async function start(engine, execPath, request) {
  const child = fork(new URL("engines/child.mjs", import.meta.url), { execPath });
  const ask = (message) =>
    new Promise((resolve, reject) => {
      const died = (code) => reject(new Error(`${engine} ended with code ${code}`));
      child.once("exit", died).once("message", (answer) => {
        child.off("exit", died);
        resolve(answer);
      });
      child.send(message);
    });
  const node = await ask({ engine: `./${engine}.mjs`, ...request });
  return {
    name: `${engine}, Node ${node}`,
    run: (prompts, decoded) => ask({ prompts, decoded }),
    close: () =>
      new Promise((resolve) => {
        child.once("exit", resolve).send(null);
      }),
  };
}
