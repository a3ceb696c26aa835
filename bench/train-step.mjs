// A step of training (forward, backward, norm of the gradients, AdamW) of a small Llama in float32: what of it takes how long, or, with --peer, how long it takes
// beside PyTorch, from the same weights and tokens, in alternating runs, each contestant in a process of its own. Needs a build (dist/); the peer needs Python 3
// and, the first time, the network.
//
//   node bench/train-step.mjs [--peer] [--model 5m|3m] [--batch 16] [--context 256] [--node NODE]... [--turbo] [--threads 2] [--rounds 3] [--json]
//
//   --peer     beside PyTorch; without it, a table of commands on one thread: milliseconds a step, share, GFLOP/s of products
//   --model    5.4 million parameters, by default, or 3.2
//   --node     run cria with this Node as well: a path, or a version that npm has (24); may be given several times
//   --turbo    once more with V8's revectorisation, on every Node that has it
//   PYTHON     python3 by default
import { execFileSync, fork, spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { spreadOf } from "../dist/cli/bench/spread.js";
import { processor, showProcessor } from "../dist/cli/machine.js";
import { table } from "../dist/cli/terminal/table.js";
import { createRng } from "../dist/tensor/rng.js";
import { configOf, initialWeights } from "./engines/train-step.mjs";
import { benchFolder, nodeBinary } from "./folder.mjs";
import { quietMoment } from "./other-work.mjs";

const peerVersion = "2.15.0";
const models = {
  "5m": { dim: 256, nLayers: 6, nHeads: 8, nKvHeads: 4, hiddenDim: 688, vocabSize: 4096 },
  "3m": { dim: 192, nLayers: 6, nHeads: 6, nKvHeads: 3, hiddenDim: 512, vocabSize: 4096 },
};
const folder = join(benchFolder, "train-step");

const { values } = parseArgs({
  options: {
    peer: { type: "boolean", default: false },
    model: { type: "string", default: "5m" },
    batch: { type: "string", default: "16" },
    context: { type: "string", default: "256" },
    node: { type: "string", multiple: true, default: [] },
    turbo: { type: "boolean", default: false },
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
  },
});
const say = values.json ? console.error : console.log;
const [batch, context, threads, rounds] = ["batch", "context", "threads", "rounds"].map((name) => Number(values[name]));
const sizes = models[values.model];
const machine = await processor();
const job = writeJob();
const parameters = job.shapes.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0);
say(
  `${showProcessor(machine)}; ${(parameters / 1e6).toFixed(1)} M parameters, ${batch} x ${context} tokens, ${values.peer ? threads : 1} thread(s)`,
);
const results = values.peer ? await compare() : await profileAll();
if (values.json) console.log(JSON.stringify({ ...machine, model: sizes, batch, context, ...results }));

/** What both sides need: weights and tokens lie in files. */
function writeJob() {
  mkdirSync(folder, { recursive: true });
  const config = configOf(sizes);
  const { shapes, values: weights } = initialWeights(config);
  const rng = createRng(2);
  const tokens = Int32Array.from({ length: batch * context }, () => rng.integer(sizes.vocabSize));
  const files = { weightsFile: join(folder, "weights.f32"), tokensFile: join(folder, "tokens.i32") };
  writeFileSync(files.weightsFile, weights);
  writeFileSync(files.tokensFile, tokens);
  return { sizes, batch, context, shapes, eps: config.norm.eps, ...files };
}

/** Every Node that was asked for, without and with turbo. */
function contestants() {
  return [process.execPath, ...values.node.map(nodeBinary)].flatMap((node) => {
    const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
    const variants = values.turbo && Number.parseInt(version.slice(1), 10) >= 24 ? [false, true] : [false];
    return variants.map((turbo) => ({ name: `cria, Node ${version}${turbo ? " --turbo" : ""}`, node, turbo }));
  });
}

/** A process of cria's. */
async function cria({ node, turbo }, threadCount) {
  const child = fork(new URL("engines/train-step-child.mjs", import.meta.url), { execPath: node });
  const ask = (message) =>
    new Promise((resolve, reject) => {
      const died = (code) => reject(new Error(`${node} ended with code ${code}`));
      child.once("exit", died).once("message", (answer) => {
        child.off("exit", died);
        resolve(answer);
      });
      child.send(message);
    });
  await ask({ ...job, turbo, threads: threadCount });
  return { step: () => ask({}), profile: (steps) => ask({ steps }), close: () => child.disconnect() };
}

async function profileAll() {
  const profiles = [];
  for (const contestant of contestants()) {
    const { profile, close } = await cria(contestant, 1);
    const commands = await profile(rounds);
    close();
    const all = commands.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    const rows = commands
      .filter(({ milliseconds }) => milliseconds > all / 1000)
      .map(({ name, milliseconds, calls, flops }) => [
        name,
        calls.toFixed(0),
        milliseconds.toFixed(1),
        `${((100 * milliseconds) / all).toFixed(1)}%`,
        flops > 0 ? (flops / milliseconds / 1e6).toFixed(1) : "",
      ]);
    const head = ["command", "a step", "ms", "share", "GFLOP/s"];
    say(`\n${contestant.name}: ${all.toFixed(0)} ms\n${table([head, ...rows], [1, 2, 3, 4])}`);
    profiles.push({ name: contestant.name, milliseconds: all, commands });
  }
  return { profiles };
}

/** The Python of an environment with the peer in it, made once. */
function pythonWithPeer() {
  const environment = join(folder, `venv-${peerVersion}`);
  const python = join(environment, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  if (!existsSync(join(environment, "complete"))) {
    console.error(`installing torch ${peerVersion} in ${environment}`);
    execFileSync(process.env.PYTHON ?? "python3", ["-m", "venv", environment], { stdio: "inherit" });
    execFileSync(python, ["-m", "pip", "install", "--quiet", `torch==${peerVersion}`], { stdio: "inherit" });
    writeFileSync(join(environment, "complete"), "");
  }
  return python;
}

function peer() {
  const child = spawn(pythonWithPeer(), ["-W", "ignore", fileURLToPath(new URL("train-step.py", import.meta.url))], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (line) => {
    child.stdin.write(`${line}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error("the peer has ended");
    return JSON.parse(value);
  };
  return {
    begin: () => ask(JSON.stringify({ ...job, threads })),
    step: () => ask("step"),
    close: () => child.stdin.end(),
  };
}

async function compare() {
  const pytorch = peer();
  const { version } = await pytorch.begin();
  const all = [{ name: `PyTorch ${version}`, ...pytorch }];
  for (const contestant of contestants()) all.push({ name: contestant.name, ...(await cria(contestant, threads)) });

  // The first steps warm up, and show that all compute the same.
  for (let i = 0; i < 2; i++) {
    const losses = [];
    for (const { step } of all) losses.push((await step()).loss);
    const far = losses.findIndex((loss) => !(Math.abs(loss - losses[0]) <= 1e-3 * losses[0]));
    if (far >= 0) throw new Error(`step ${i + 1}: ${all[far].name} has a loss of ${losses[far]}, ${all[0].name} of ${losses[0]}`);
  }
  const seconds = all.map(() => []);
  for (let round = 0; round < rounds; round++) {
    await quietMoment(0.05);
    for (const [i, { step }] of all.entries()) seconds[i].push((await step()).seconds);
  }
  for (const { close } of all) close();
  const figures = all.map(({ name }, i) => ({
    name,
    seconds: spreadOf(seconds[i]),
    tokensPerSecond: (batch * context) / spreadOf(seconds[i]).median,
    ratio: spreadOf(seconds[0]).median / spreadOf(seconds[i]).median,
  }));
  const shown = ({ min, median, max }) => [min, median, max].map((value) => value.toFixed(3)).join(" / ");
  const rows = figures.map((f) => [f.name, shown(f.seconds), f.tokensPerSecond.toFixed(0), f.ratio.toFixed(2)]);
  say(table([["seconds a step", "min / median / max", "tokens/s", "ratio"], ...rows], [2, 3]));
  return { contestants: figures };
}
