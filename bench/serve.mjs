// cria serve under load, beside node-llama-cpp behind the thinnest server there can be: the same client, requests, sampling and threads, each server in a
// process of its own, in alternating runs. Needs a build (dist/) and, the first time, the network for the peer.
//
//   node bench/serve.mjs [--model FILE] [--node NODE] [--threads 2] [--streams 8] [--prompt 200] [--tokens 128] [--rounds 3] [--alone] [--profile FOLDER] [--json]
//
//   --model    a .gguf file; SmolLM2-135M Q4_1 where it is at hand
//   --node     run cria with this Node: a path, or a version that npm has (24)
//   --streams  requests that come at the same moment
//   --alone    without the peer
//   --profile  cria writes CPU profiles of its threads into this folder
//
// Measures, a round: one stream alone; all streams at once; and what the cache of prefixes saves: two requests with 1,000 tokens in common.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { spreadOf } from "../dist/cli/bench/spread.js";
import { processor, showProcessor } from "../dist/cli/machine.js";
import { table } from "../dist/cli/terminal/table.js";
import * as peer from "./engines/node-llama-cpp.mjs";
import { nodeBinary } from "./folder.mjs";
import { otherWork, quietMoment } from "./other-work.mjs";

const PREFIX = 1000;
const CONTEXT = 2048;
const sampling = { temperature: 0.8, top_k: 40, top_p: 0.95, min_p: 0.05 };

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    node: { type: "string" },
    threads: { type: "string", default: "2" },
    streams: { type: "string", default: "8" },
    prompt: { type: "string", default: "200" },
    tokens: { type: "string", default: "128" },
    rounds: { type: "string", default: "3" },
    alone: { type: "boolean", default: false },
    profile: { type: "string" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  const lines = readFileSync(fileURLToPath(import.meta.url), "utf8").split("\n");
  console.log(
    lines
      .slice(
        0,
        lines.findIndex((line) => line.startsWith("import ")),
      )
      .map((line) => line.replace(/^\/\/ ?/, ""))
      .join("\n"),
  );
  process.exit();
}
const [threads, streams, promptLength, tokens, rounds] = ["threads", "streams", "prompt", "tokens", "rounds"].map((name) =>
  Number(values[name]),
);
const model =
  values.model ?? fileURLToPath(new URL("../../shared/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf", import.meta.url));
if (!existsSync(model)) throw new Error(`${model} is not there: give a .gguf file with --model`);

const agent = new Agent({ keepAlive: true });
const say = values.json ? console.error : console.log;
const machine = await processor();
say(
  `${showProcessor(machine)}, ${threads} threads each; ${basename(model)}; ${streams} streams of ${tokens} tokens after ${promptLength}; ${rounds} alternating runs`,
);

if (!values.alone) peer.install();
const contestants = [];
// Servers do not outlive this, however it ends.
const children = [];
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
if (!values.alone) contestants.push(await startPeer());
contestants.push(await startCria());
const cria = contestants.at(-1);
const text = sentences(20_000);
const ids = (await post(`${cria.url}/tokenize`, { content: text })).tokens;

const done = [];
for (let round = 0; round <= rounds; round++) {
  await quietMoment(0.05);
  const figures = [];
  const others = await otherWork(async () => {
    const before = contestants.map(({ child }) => cpuOf(child.pid));
    for (const contestant of contestants) figures.push(await measure(contestant, round));
    return contestants.reduce((sum, { child }, i) => sum + cpuOf(child.pid) - before[i], 0);
  });
  if (round > 0) done.push({ figures, others }); // the first warms up
}
report();
for (const { child } of contestants) {
  child.kill("SIGTERM"); // profiles are written at the end
  await once(child, "exit");
}

async function measure({ name, url }, round) {
  const one = await stream(url, promptOf(round, 0), tokens);
  const start = performance.now();
  const all = await Promise.all(Array.from({ length: streams }, (_, i) => stream(url, promptOf(round, i + 1), tokens)));
  const end = Math.max(...all.map(({ times }) => times.at(-1)));
  // While every stream writes.
  const [from, to] = [Math.max(...all.map(({ times }) => times[0])), Math.min(...all.map(({ times }) => times.at(-1)))];
  const written = all.reduce((sum, { times }) => sum + times.filter((time) => time > from && time <= to).length, 0);
  const waits = all.map(({ times }) => times[0] - start).sort((a, b) => a - b);
  const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
  const shared = ids.slice(round * 1100, round * 1100 + PREFIX);
  const [first, second] = [
    await stream(url, [...shared, ...promptOf(round, 50).slice(0, 20)], 4),
    await stream(url, [...shared, ...promptOf(round, 60).slice(0, 20)], 4),
  ];
  return {
    name,
    alone: (one.times.length - 1) / seconds(one.times.at(-1) - one.times[0]),
    decode: written / seconds(to - from),
    endToEnd: (streams * tokens) / seconds(end - start),
    firstMean: mean,
    firstP95: waits[Math.ceil(0.95 * waits.length) - 1],
    prefixFirst: first.times[0] - first.start,
    prefixSecond: second.times[0] - second.start,
  };
}

function seconds(milliseconds) {
  return milliseconds / 1000;
}

/** Another place of the text for every request: none begins as another. */
function promptOf(round, index) {
  const from = (round * 7919 + index * 331) % (ids.length - promptLength);
  return ids.slice(from, from + promptLength);
}

/** English of a kind, always the same. */
function sentences(words) {
  const some =
    "the small dog ran over a green hill while his friend looked for water and found an old map under some stones near every house".split(
      " ",
    );
  let state = 1;
  return Array.from({ length: words }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return some[state % some.length];
  }).join(" ");
}

/** @returns when it was asked for, and when each piece came */
function stream(url, prompt, count) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const times = [];
    const body = JSON.stringify({ prompt, n_predict: count, stream: true, ignore_eos: true, seed: 1, ...sampling });
    const asked = httpRequest(
      `${url}/completion`,
      { method: "POST", agent, headers: { "Content-Type": "application/json" } },
      (response) => {
        let rest = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          const events = (rest + chunk).split("\n\n");
          rest = events.pop();
          for (const event of events) {
            if (event.includes('"stop":false')) times.push(performance.now());
            else if (!event.includes(`"tokens_predicted":${count}`)) reject(new Error(`${url}: ${event}`));
          }
        });
        response.on("end", () => resolve({ start, times }));
      },
    );
    asked.on("error", reject).end(body);
  });
}

async function post(url, body) {
  return (await fetch(url, { method: "POST", body: JSON.stringify(body) })).json();
}

async function startCria() {
  const cli = fileURLToPath(new URL("../bin/cria.js", import.meta.url));
  const flags = values.profile ? ["--cpu-prof", `--cpu-prof-dir=${values.profile}`] : [];
  const node = values.node ? nodeBinary(values.node) : process.execPath;
  const args = [
    "serve",
    "--port",
    "0",
    "--threads",
    String(threads),
    "--ctx",
    String(CONTEXT),
    "--contexts",
    "2",
    "--log-level",
    "warn",
    model,
  ];
  return started("cria", node, [...flags, cli, ...args]);
}

async function startPeer() {
  const settings = { model, threads, contextLength: CONTEXT, sequences: streams };
  return started(`node-llama-cpp ${peer.version}`, process.execPath, [
    fileURLToPath(new URL("engines/node-llama-cpp-server.mjs", import.meta.url)),
    JSON.stringify(settings),
  ]);
}

async function started(name, node, args) {
  const child = spawn(node, args, { stdio: ["ignore", "ignore", "pipe"] });
  children.push(child);
  let said = "";
  const url = await new Promise((resolve, reject) => {
    child.stderr.setEncoding("utf8").on("data", (more) => {
      said += more;
      const found = /serves at (http:\/\/[\d.:]+\d)/.exec(said);
      if (found) resolve(found[1]);
    });
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}: ${said}`)));
  });
  return { name, url, child };
}

/** Seconds of processor time that a process took; NaN where the system does not tell. */
function cpuOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
}

function report() {
  const spread = (figure) => spreadOf(done.map(figure));
  const show = ({ min, median, max }, digits) => [min, median, max].map((value) => value.toFixed(digits)).join(" / ");
  const measures = [
    ["one stream, tokens/s", "alone", 1],
    [`${streams} streams while all write, tokens/s`, "decode", 1],
    ["from asking to the last token, tokens/s", "endToEnd", 1],
    ["first token, mean ms", "firstMean", 0],
    ["first token, p95 ms", "firstP95", 0],
    [`first token of ${PREFIX + 20}, ms`, "prefixFirst", 0],
    [`first token, ${PREFIX} of them known, ms`, "prefixSecond", 0],
  ];
  const at = (i, key) => spread(({ figures }) => figures[i][key]);
  say(
    table([
      ["min / median / max", ...contestants.map(({ name }) => name)],
      ...measures.map(([what, key, digits]) => [what, ...contestants.map((_, i) => show(at(i, key), digits))]),
    ]),
  );
  const own = contestants.length - 1;
  const ratios = {
    decodeToAlone: spread(({ figures }) => figures[own].decode / figures[own].alone),
    firstP95ToMean: spread(({ figures }) => figures[own].firstP95 / figures[own].firstMean),
    prefix: spread(({ figures }) => figures[own].prefixSecond / figures[own].prefixFirst),
    ...(own > 0
      ? {
          endToEnd: spread(({ figures }) => figures[own].endToEnd / figures[0].endToEnd),
          decode: spread(({ figures }) => figures[own].decode / figures[0].decode),
        }
      : {}),
  };
  say(`
cria: ${streams} streams to one, while all write: ${show(ratios.decodeToAlone, 2)}
cria: first token, p95 to mean: ${show(ratios.firstP95ToMean, 2)}
cria: first token with a known prefix to without: ${show(ratios.prefix, 3)}`);
  if (own > 0)
    say(`cria to the peer: from asking to the last token ${show(ratios.endToEnd, 2)}; while all write ${show(ratios.decode, 2)}`);
  const others = spread((round) => round.others);
  say(`others took ${(100 * others.median).toFixed(0)}% of the processors, at most ${(100 * others.max).toFixed(0)}%`);
  if (values.json) console.log(JSON.stringify({ ...machine, threads, streams, promptLength, tokens, rounds: done, ratios }));
}
