// Contestants on the same work in alternating runs: A B A B ... A machine's speed drifts, so each run of cria is divided by the peer's run just
// before it.
//
// A contestant is { name, run, close }. run(prompts, decoded) answers prompts of token ids together, greedily and past end tokens, and gives the
// seconds until all have their first token (prefill) and from there until all have `decoded` more (decode).
import { existsSync, statSync } from "node:fs";
import { loadavg } from "node:os";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { spreadOf } from "../dist/cli/bench/spread.js";
import { processor, showProcessor } from "../dist/cli/machine.js";
import { table } from "../dist/cli/terminal/table.js";
import { syntheticGguf } from "./synthetic-gguf.mjs";

const promptLength = 512;
const shortPromptLength = 64;

/** Tokens that a context must hold. */
export const contextLength = 1024;

/** Command-line flags that every comparison has. */
export const flags = {
  model: { type: "string", multiple: true, default: [] },
  threads: { type: "string", default: "2" },
  rounds: { type: "string", default: "5" },
  load: { type: "string", default: "{}" },
  json: { type: "boolean", default: false },
};

/**
 * Prints a table for each model; with --json the tables go to stderr and one JSON document to stdout.
 *
 * @param values of the flags
 * @param open opens the contestants on a file; the first is the peer
 */
export async function compareOn(values, open, { decoded, sequences = 1 }) {
  const say = values.json ? console.error : console.log;
  const [threads, rounds] = [Number(values.threads), Number(values.rounds)];
  const machine = await processor();
  say(
    `${showProcessor(machine)}, ${threads} threads each; ${promptLength} tokens of prompt, ${decoded} decoded; ${rounds} alternating runs`,
  );
  const [busy] = loadavg();
  if (busy > 0.5) say(`The load of this machine is ${busy.toFixed(1)}: others compute, and figures are noise.`);
  const results = [];
  for (const model of values.model.length > 0 ? values.model : [modelAtHand()]) {
    const file = existsSync(model) ? model : await syntheticGguf(...model.split("-"));
    const contestants = await open(file);
    const figures = await compare(contestants, { rounds, decoded, sequences });
    for (const { close } of contestants) await close();
    const bytes = statSync(file).size;
    say(`\n${basename(file)}, ${(bytes / 1e6).toFixed(0)} MB\n${report(figures)}`);
    results.push({ file: basename(file), bytes, contestants: figures });
  }
  if (values.json) console.log(JSON.stringify({ ...machine, threads, rounds, promptLength, decoded, sequences, results }));
}

function modelAtHand() {
  const real = fileURLToPath(new URL("../../shared/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf", import.meta.url));
  return existsSync(real) ? real : "smollm2_135m-Q4_0";
}

/**
 * @param contestants the first is the peer
 * @param sequences decoded at once, in a measure of its own; 1 for none
 * @returns for each contestant its tokens a second and their ratio to the peer's, each with min, median and max
 */
async function compare(contestants, { rounds, decoded, sequences }) {
  const runs = contestants.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, { run }] of contestants.entries()) {
      const alone = await run([promptOf(round, 0, promptLength)], decoded);
      const figures = { prefill: promptLength / alone.prefill, decode: decoded / alone.decode };
      if (sequences > 1) {
        const prompts = Array.from({ length: sequences }, (_, s) => promptOf(round, s + 1, shortPromptLength));
        figures[`decode of ${sequences}`] = (sequences * decoded) / (await run(prompts, decoded)).decode;
      }
      if (round > 0) runs[i].push(figures); // round 0 is the warm-up
    }
    if (process.stderr.isTTY) process.stderr.write(`\r${round} of ${rounds} rounds`);
  }
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  const spreads = (figure) =>
    Object.fromEntries(Object.keys(runs[0][0]).map((measure) => [measure, spreadOf(runs[0].map((_, round) => figure(round, measure)))]));
  return contestants.map(({ name }, i) => ({
    name,
    tokensPerSecond: spreads((round, measure) => runs[i][round][measure]),
    ratio: spreads((round, measure) => runs[i][round][measure] / runs[0][round][measure]),
  }));
}

/** Another text each time: none begins as an earlier one, so that no cache of prefixes helps. */
function promptOf(round, sequence, length) {
  return Array.from({ length }, (_, i) => 300 + ((round * 577 + sequence * 1009 + i * 7) % 20_000));
}

function report(contestants) {
  const show = ({ min, median, max }, digits) => [min, median, max].map((value) => value.toFixed(digits)).join(" / ");
  const measures = Object.keys(contestants[0].ratio);
  const rows = contestants.map(({ name, tokensPerSecond, ratio }, i) => [
    name,
    ...measures.flatMap((measure) => [show(tokensPerSecond[measure], 1), i === 0 ? "" : show(ratio[measure], 2)]),
  ]);
  return table([["tokens/s: min / median / max", ...measures.flatMap((measure) => [measure, "ratio"])], ...rows]);
}
