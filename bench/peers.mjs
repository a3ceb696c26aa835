// cria beside native llama.cpp (node-llama-cpp) on the same file, machine and thread count: prompts of 512 tokens, then 64 tokens decoded greedily,
// in alternating runs, each contestant in a process of its own. Prints tokens a second and cria's ratio to the peer, run by run. Needs a build
// (dist/) and, the first time, the network for the peer.
//
//   node bench/peers.mjs [--model FILE]... [--node NODE]... [--threads 2] [--rounds 5] [--sequences N] [--load JSON] [--json]
//
//   --model      a .gguf file, or SHAPE-TYPE for a synthetic one (synthetic-gguf.mjs): smollm2_135m-Q4_0. May be given several times.
//   --node       also run cria with this Node: a path, or a version that npm has (24)
//   --sequences  also decode so many sequences at once
//   --load       options of load() for cria, as JSON
import { fork } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { spreadOf } from "../dist/cli/bench/spread.js";
import { processor, showProcessor } from "../dist/cli/machine.js";
import { table } from "../dist/cli/terminal/table.js";
import * as peer from "./engines/node-llama-cpp.mjs";
import { installed } from "./folder.mjs";
import { syntheticGguf } from "./synthetic-gguf.mjs";

const { values } = parseArgs({
  options: {
    model: { type: "string", multiple: true, default: [] },
    node: { type: "string", multiple: true, default: [] },
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "5" },
    sequences: { type: "string", default: "1" },
    load: { type: "string", default: "{}" },
    json: { type: "boolean", default: false },
  },
});
const [threads, rounds, sequences] = [values.threads, values.rounds, values.sequences].map(Number);
const [promptLength, decoded, contextLength] = [512, 64, 1024];

const machine = await processor();
const models = values.model.length > 0 ? values.model : [modelAtHand()];
peer.install();
say(
  `${showProcessor(machine)}, ${threads} threads each; tokens/s of prompts of ${promptLength} and of ${decoded} decoded after them; min / median / max of ${rounds} alternating runs`,
);
const results = [];
for (const model of models) {
  const file = existsSync(model) ? model : await syntheticGguf(...model.split("-"));
  const result = await compare(file);
  results.push(result);
  say(`\n${basename(file)}, ${(result.bytes / 1e6).toFixed(0)} MB\n${report(result)}`);
}
if (values.json) console.log(JSON.stringify({ ...machine, threads, rounds, promptLength, decoded, sequences, results }));

function modelAtHand() {
  const real = fileURLToPath(new URL("../../shared/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf", import.meta.url));
  return existsSync(real) ? real : "smollm2_135m-Q4_0";
}

function nodeBinary(given) {
  if (!/^\d+(\.\d+)*$/.test(given)) return given;
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  return join(installed(`node-${given}`, { [name]: given }), "node_modules", name, "bin/node");
}

/** Measures one file in all contestants. */
async function compare(file) {
  const engines = new URL("./engines/", import.meta.url);
  const request = { model: file, threads, contextLength, sequences, options: { threads, contextLength, ...JSON.parse(values.load) } };
  const contestants = [
    await start(`node-llama-cpp ${peer.version}`, process.execPath, { ...request, engine: `${engines}node-llama-cpp.mjs` }),
  ];
  for (const node of [process.execPath, ...values.node.map(nodeBinary)]) {
    contestants.push(await start("cria", node, { ...request, engine: `${engines}cria.mjs` }));
  }
  for (let round = 0; round <= rounds; round++) {
    for (const { ask, runs } of contestants) {
      const alone = await ask({ prompts: [prompt(round, 0, promptLength)], decoded });
      const run = { prefill: promptLength / alone.prefill, decode: decoded / alone.decode };
      if (sequences > 1) {
        const prompts = Array.from({ length: sequences }, (_, i) => prompt(round, i + 1, 64));
        run.many = (sequences * decoded) / (await ask({ prompts, decoded })).decode;
      }
      if (round > 0) runs.push(run); // round 0 is the warm-up
    }
    if (process.stderr.isTTY) process.stderr.write(`\r${basename(file)}: ${round} of ${rounds} rounds `);
  }
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  for (const { stop } of contestants) await stop();
  const measures = Object.keys(contestants[0].runs[0]);
  return {
    file: basename(file),
    bytes: statSync(file).size,
    contestants: contestants.map(({ name, node, about, runs }) => ({
      name,
      node,
      about,
      tokensPerSecond: spreads(measures, (measure) => runs.map((run) => run[measure])),
      ratio: spreads(measures, (measure) => runs.map((run, i) => run[measure] / contestants[0].runs[i][measure])),
    })),
  };
}

/** Another text each time: none begins as an earlier one, so no cache of prefixes helps. */
function prompt(round, sequence, length) {
  return Array.from({ length }, (_, i) => 300 + ((round * 577 + sequence * 1009 + i * 7) % 20_000));
}

function spreads(measures, valuesOf) {
  return Object.fromEntries(measures.map((measure) => [measure, spreadOf(valuesOf(measure))]));
}

/** A contestant in its own process. */
async function start(name, execPath, request) {
  const child = fork(new URL("./engines/child.mjs", import.meta.url), { execPath });
  const ask = (message) =>
    new Promise((resolve, reject) => {
      const died = (code) => reject(new Error(`${name} ended with code ${code}`));
      child.once("exit", died).once("message", (answer) => {
        child.off("exit", died);
        resolve(answer);
      });
      child.send(message);
    });
  const { about, node } = await ask(request);
  const stop = () =>
    new Promise((resolve) => {
      child.once("exit", resolve).send(null);
    });
  return { name, node, about, ask, stop, runs: [] };
}

function report({ contestants }) {
  const title = { prefill: "prefill", decode: "decode", many: `decode of ${sequences}` };
  const show = ({ min, median, max }, digits) => [min, median, max].map((value) => value.toFixed(digits)).join(" / ");
  const measures = Object.keys(contestants[0].ratio);
  const rows = contestants.map(({ name, node, tokensPerSecond, ratio }, i) => [
    i === 0 ? name : `${name}, Node ${node}`,
    ...measures.flatMap((measure) => [show(tokensPerSecond[measure], 1), i === 0 ? "" : show(ratio[measure], 2)]),
  ]);
  return table([["", ...measures.flatMap((measure) => [title[measure], "ratio"])], ...rows]);
}

/** With --json, stdout is for the document alone. */
function say(text) {
  if (values.json) console.error(text);
  else console.log(text);
}
