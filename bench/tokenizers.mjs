// Speed of encoding beside the tokenizers that people use from JavaScript today, on one text, in alternating runs of one process.
// Ids are compared first: a speed of other ids would mean nothing. Needs a build (dist/), the network for the peers, and the vocabularies and the text
// in ../shared beside the checkout.
//
//   node bench/tokenizers.mjs [--rounds 15]

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { spreadOf } from "../dist/cli/bench/spread.js";
import { processor, showProcessor } from "../dist/cli/machine.js";
import { parseSentencePiece, parseTiktoken, parseTokenizerJson } from "../dist/tokenizer/index.js";
import { installed } from "./folder.mjs";

const peerVersions = { "gpt-tokenizer": "4.0.0", tiktoken: "1.0.22", "@huggingface/tokenizers": "0.2.0" };
const { values } = parseArgs({ options: { rounds: { type: "string", default: "15" } } });
const rounds = Number(values.rounds);

const shared = fileURLToPath(new URL("../../shared", import.meta.url));
if (!existsSync(shared)) {
  console.log(`bench/tokenizers.mjs: left out, for ${shared} with vocabularies and a text is not here`);
  process.exit();
}
const text = readFileSync(join(shared, "data", "tinyshakespeare", "input.txt"), "utf8");
const megabytes = Buffer.byteLength(text) / 1e6;

const peers = createRequire(join(installed("tokenizers", peerVersions), "package.json"));
const huggingFace = peers("@huggingface/tokenizers");
const tiktoken = peers("tiktoken");

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

const shown = ({ min, median, max }) => `${min.toFixed(2)} / ${median.toFixed(2)} / ${max.toFixed(2)}`;

const machine = await processor();
console.log(
  `${showProcessor(machine)}, Node ${process.version}, ${megabytes.toFixed(2)} MB of text; min / median / max of alternating runs`,
);
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
    criaMBs: spreadOf(times.map(([a]) => megabytes / a)),
    peerMBs: spreadOf(times.map(([, b]) => megabytes / b)),
    ratio: spreadOf(times.map(([a, b]) => b / a)),
  };
  results.push(result);
  console.log(`cria ${pair.ours} ${shown(result.criaMBs)} MB/s, ${pair.peer} ${shown(result.peerMBs)} MB/s, ratio ${shown(result.ratio)}`);
}
console.log(JSON.stringify({ ...machine, node: process.version, megabytes, results }));
