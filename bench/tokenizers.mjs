// Speed of encoding beside the tokenizers that people use from JavaScript today, on one text, in alternating runs of one process.
// Ids are compared first: a speed of other ids would mean nothing. Needs a build (dist/) and the network, for the peers.
//
//   node bench/tokenizers.mjs [--rounds 15]

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const peerVersions = { "gpt-tokenizer": "4.0.0", tiktoken: "1.0.22", "@huggingface/tokenizers": "0.2.0" };
const { values } = parseArgs({ options: { rounds: { type: "string", default: "15" } } });
const rounds = Number(values.rounds);

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const shared = join(root, "..", "shared");
const text = readFileSync(join(shared, "data", "tinyshakespeare", "input.txt"), "utf8");
const megabytes = Buffer.byteLength(text) / 1e6;

const { parseSentencePiece, parseTiktoken, parseTokenizerJson } = await import(pathToFileURL(join(root, "dist", "tokenizer", "index.js")));
const peers = installPeers();
const huggingFace = peers("@huggingface/tokenizers");
const tiktoken = peers("tiktoken");

function installPeers() {
  const folder = join(tmpdir(), "cria-bench-tokenizers");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: peerVersions }));
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent"], { cwd: folder, stdio: "inherit" });
  return createRequire(join(folder, "package.json"));
}

const json = (folder) => readFileSync(join(shared, "goldens", "tokenizers", "hf", folder, "tokenizer.json"), "utf8");
const config = (folder) => readFileSync(join(shared, "goldens", "tokenizers", "hf", folder, "tokenizer_config.json"), "utf8");

function encoderOfHuggingFace(folder) {
  const tokenizer = new huggingFace.Tokenizer(JSON.parse(json(folder)), JSON.parse(config(folder)));
  return (string) => tokenizer.encode(string, { add_special_tokens: false }).ids;
}

const encoderOf = (tokenizer) => (string) => tokenizer.encode(string);
const tiktokenGpt2 = tiktoken.get_encoding("gpt2");
const tiktokenCl100k = tiktoken.get_encoding("cl100k_base");
const cria = {
  gpt2: encoderOf(parseTokenizerJson(json("gpt2"))),
  llama3: encoderOf(parseTiktoken(readFileSync(join(shared, "data", "tokenizers", "llama3", "tokenizer.model")))),
  llama2: encoderOf(parseTokenizerJson(json("llama2-style"))),
  "llama2 tokenizer.model": encoderOf(parseSentencePiece(readFileSync(join(shared, "data", "tokenizers", "llama2", "tokenizer.model")))),
};

// `same`: the vocabulary is the same, so the ids must be. cl100k has Llama 3's way of cutting words and another vocabulary.
const pairs = [
  { ours: "gpt2", peer: "gpt-tokenizer r50k_base", encode: peers("gpt-tokenizer/encoding/r50k_base").encode, same: true },
  { ours: "gpt2", peer: "tiktoken gpt2", encode: (string) => tiktokenGpt2.encode_ordinary(string), same: true },
  { ours: "gpt2", peer: "@huggingface/tokenizers gpt2", encode: encoderOfHuggingFace("gpt2"), same: true, rounds: 3 },
  { ours: "llama3", peer: "gpt-tokenizer cl100k_base", encode: peers("gpt-tokenizer/encoding/cl100k_base").encode, same: false },
  { ours: "llama3", peer: "tiktoken cl100k_base", encode: (string) => tiktokenCl100k.encode_ordinary(string), same: false },
  { ours: "llama2", peer: "@huggingface/tokenizers llama2", encode: encoderOfHuggingFace("llama2-style"), same: true, rounds: 3 },
  {
    ours: "llama2 tokenizer.model",
    peer: "@huggingface/tokenizers llama2",
    encode: encoderOfHuggingFace("llama2-style"),
    same: true,
    rounds: 3,
  },
];

function seconds(encode) {
  const start = performance.now();
  encode(text);
  return (performance.now() - start) / 1000;
}

const spread = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  return { min: sorted[0], median: sorted[sorted.length >> 1], max: sorted.at(-1) };
};
const shown = ({ min, median, max }) => `${min.toFixed(2)} / ${median.toFixed(2)} / ${max.toFixed(2)}`;

console.log(`${cpus()[0].model}, Node ${process.version}, ${megabytes.toFixed(2)} MB of text; min / median / max of alternating runs`);
const results = [];
for (const pair of pairs) {
  const mine = cria[pair.ours];
  if (pair.same && mine(text).join() !== Array.from(pair.encode(text)).join())
    throw new Error(`${pair.ours}: ids differ from ${pair.peer}`);
  const times = [];
  const count = Math.min(rounds, pair.rounds ?? rounds);
  for (let round = -2; round < count; round++) {
    if (pair.rounds && round < 0) continue; // the slow ones are not warmed up twice
    const both = round % 2 === 0 ? [seconds(mine), seconds(pair.encode)] : [seconds(pair.encode), seconds(mine)].reverse();
    if (round >= 0) times.push(both);
  }
  const result = {
    cria: pair.ours,
    peer: pair.peer,
    criaMBs: spread(times.map(([a]) => megabytes / a)),
    peerMBs: spread(times.map(([, b]) => megabytes / b)),
    ratio: spread(times.map(([a, b]) => b / a)),
  };
  results.push(result);
  console.log(`cria ${pair.ours} ${shown(result.criaMBs)} MB/s, ${pair.peer} ${shown(result.peerMBs)} MB/s, ratio ${shown(result.ratio)}`);
}
console.log(JSON.stringify({ cpu: cpus()[0].model, node: process.version, megabytes, results }));
