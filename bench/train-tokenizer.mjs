// Speed of tokenizer training beside the tokenizers library (Rust, one thread), on one corpus, in alternating runs, each in a process of its own: byte-level
// BPE with GPT-2's words and as many merges on both sides. What was learned is compared first: bytes per token, on the same text. Starting a process and
// loading a library do not count, reading the files does. Needs a build (dist/), Python 3 and, the first time, the network for the peer.
//
//   node bench/train-tokenizer.mjs [--rounds 3] [--vocab-size 4096] [--corpus FOLDER] [--json]
//
//   --corpus   a folder with .md or .txt files; by default the stories in ../shared beside the checkout
//   PYTHON     python3 by default
import { execFileSync, fork, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { spreadOf } from "../dist/cli/bench/spread.js";
import { processor, showProcessor } from "../dist/cli/machine.js";
import { parseTokenizerJson, trainTokenizer, writeTokenizerJson } from "../dist/tokenizer/index.js";
import { benchFolder } from "./folder.mjs";
import { quietMoment } from "./other-work.mjs";

const peerVersion = "0.23.3";
const folder = join(benchFolder, "train-tokenizer");
const outputs = { cria: join(folder, "cria.json"), peer: join(folder, "tokenizers.json") };

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    "vocab-size": { type: "string", default: "4096" },
    corpus: { type: "string", default: fileURLToPath(new URL("../../shared/data/synthetic-stories-snakes", import.meta.url)) },
    json: { type: "boolean", default: false },
    run: { type: "boolean", default: false },
  },
});
const vocabSize = Number(values["vocab-size"]);

if (!existsSync(values.corpus)) {
  console.log(`bench/train-tokenizer.mjs: left out, for ${values.corpus} with a corpus is not here`);
  process.exit();
}
const files = readdirSync(values.corpus)
  .filter((name) => /\.(md|txt)$/.test(name))
  .sort()
  .map((name) => join(values.corpus, name));

if (values.run) {
  process.send({ seconds: await trainHere() });
  process.disconnect();
} else {
  await compare();
}

/** Seconds that cria takes in this process. */
async function trainHere() {
  const start = performance.now();
  const documents = (function* () {
    for (const file of files) yield readFileSync(file, "utf8");
  })();
  const { vocabulary } = await trainTokenizer(documents, { vocabSize, split: "gpt2" });
  const seconds = (performance.now() - start) / 1000;
  writeFileSync(outputs.cria, writeTokenizerJson(vocabulary));
  return seconds;
}

function cria() {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), "--run"]);
    child.once("exit", (code) => reject(new Error(`cria ended with code ${code}`))).once("message", ({ seconds }) => resolve(seconds));
  });
}

function peer(python) {
  return new Promise((resolve, reject) => {
    const script = fileURLToPath(new URL("train-tokenizer.py", import.meta.url));
    const env = { ...process.env, RAYON_NUM_THREADS: "1", TOKENIZERS_PARALLELISM: "false" };
    const child = spawn(python, [script], { env, stdio: ["pipe", "pipe", "inherit"] });
    let answer = "";
    child.stdout.on("data", (text) => {
      answer += text;
    });
    child.once("close", (code) =>
      code === 0 ? resolve(JSON.parse(answer).seconds) : reject(new Error(`${python} ended with code ${code}`)),
    );
    child.stdin.end(JSON.stringify({ files, vocab_size: vocabSize, out: outputs.peer }));
  });
}

/** The Python of an environment with the peer in it, made once. */
function pythonWithPeer() {
  const environment = join(folder, `venv-${peerVersion}`);
  const python = join(environment, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  if (!existsSync(join(environment, "complete"))) {
    console.error(`installing tokenizers ${peerVersion} in ${environment}`);
    execFileSync(process.env.PYTHON ?? "python3", ["-m", "venv", environment], { stdio: "inherit" });
    execFileSync(python, ["-m", "pip", "install", "--quiet", `tokenizers==${peerVersion}`], { stdio: "inherit" });
    writeFileSync(join(environment, "complete"), "");
  }
  return python;
}

async function compare() {
  const say = values.json ? console.error : console.log;
  mkdirSync(folder, { recursive: true });
  const python = pythonWithPeer();
  const machine = await processor();
  const text = files.map((file) => readFileSync(file, "utf8"));
  const bytes = text.reduce((sum, each) => sum + Buffer.byteLength(each), 0);
  say(`${showProcessor(machine)}, Node ${process.version}, one thread each; ${(bytes / 1e6).toFixed(1)} MB, ${vocabSize} entries`);

  const times = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    await quietMoment(0.05);
    times.push({ cria: await cria(), peer: await peer(python) });
  }
  const bytesPerToken = (path) => {
    const tokenizer = parseTokenizerJson(readFileSync(path, "utf8"));
    return bytes / text.reduce((sum, each) => sum + tokenizer.encode(each).length, 0);
  };
  const result = {
    seconds: { cria: spreadOf(times.map((time) => time.cria)), peer: spreadOf(times.map((time) => time.peer)) },
    ratio: spreadOf(times.map((time) => time.peer / time.cria)),
    bytesPerToken: { cria: bytesPerToken(outputs.cria), peer: bytesPerToken(outputs.peer) },
  };
  const shown = ({ min, median, max }) => [min, median, max].map((value) => value.toFixed(2)).join(" / ");
  say(`bytes per token on the text: cria ${result.bytesPerToken.cria.toFixed(4)}, tokenizers ${result.bytesPerToken.peer.toFixed(4)}`);
  say(
    `min / median / max of ${times.length} alternating runs: cria ${shown(result.seconds.cria)} s, tokenizers ${peerVersion} ${shown(result.seconds.peer)} s`,
  );
  say(`cria is so many times as fast: ${shown(result.ratio)}`);
  console.log(JSON.stringify({ ...machine, node: process.version, peer: `tokenizers ${peerVersion}`, bytes, vocabSize, ...result }));
}
