// Contestants on the same work in alternating runs: A B A B ... A machine's speed drifts, so each run of cria is divided by the peer's run just
// before it; rounds in which other programs took the machine's time are left out for quieter ones.
//
// A contestant is { name, run, close }. run(prompts, decoded) answers prompts of token ids together, greedily and past end tokens, and gives the
// seconds until all have their first token (prefill), from there until all have `decoded` more (decode), and of all processors (cpu; a browser does not tell).
import { existsSync, statSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { spreadOf } from "../dist/cli/bench/spread.js";
import { processor, showProcessor } from "../dist/cli/machine.js";
import { table } from "../dist/cli/terminal/table.js";
import { otherWork, quietMoment } from "./other-work.mjs";
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
  const results = [];
  for (const model of values.model.length > 0 ? values.model : [modelAtHand()]) {
    const file = existsSync(model) ? model : await syntheticGguf(...model.split("-"));
    const contestants = await open(file);
    const result = await compare(contestants, { rounds, decoded, sequences });
    for (const { close } of contestants) await close();
    const bytes = statSync(file).size;
    say(`\n${basename(file)}, ${(bytes / 1e6).toFixed(0)} MB\n${report(result)}`);
    results.push({ file: basename(file), bytes, ...result });
  }
  if (values.json) console.log(JSON.stringify({ ...machine, threads, rounds, promptLength, decoded, sequences, results }));
}

function modelAtHand() {
  const real = fileURLToPath(new URL("../../shared/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf", import.meta.url));
  return existsSync(real) ? real : "smollm2_135m-Q4_0";
}

/** Part of all processors' time that others may take in a round that counts. */
const tolerated = 0.05;

/**
 * @param contestants the first is the peer
 * @param sequences decoded at once, in a measure of its own; 1 for none
 * @returns for each contestant its tokens a second and their ratio to the peer's, each with min, median and max, of the quietest rounds
 */
async function compare(contestants, { rounds, decoded, sequences }) {
  await runRound(contestants, { round: 0, decoded, sequences }); // the warm-up
  const done = [];
  const quiet = () => done.filter(({ others }) => Number.isNaN(others) || others <= tolerated).length;
  while (quiet() < rounds && done.length < 2 * rounds) {
    if (process.stderr.isTTY) process.stderr.write(`\r${quiet()} of ${rounds} rounds`);
    done.push(await runRound(contestants, { round: done.length + 1, decoded, sequences }));
  }
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  const kept = done.sort((a, b) => (a.others || 0) - (b.others || 0)).slice(0, rounds);
  const spreads = (figure) =>
    Object.fromEntries(
      Object.keys(kept[0].figures[0]).map((measure) => [measure, spreadOf(kept.map((round) => figure(round.figures, measure)))]),
    );
  return {
    rounds: done.length,
    others: spreadOf(kept.map(({ others }) => others)),
    contestants: contestants.map(({ name }, i) => ({
      name,
      tokensPerSecond: spreads((figures, measure) => figures[i][measure]),
      ratio: spreads((figures, measure) => figures[i][measure] / figures[0][measure]),
    })),
  };
}

/** One run of every contestant, when the machine has come to rest. @returns their tokens a second, and how busy others were */
async function runRound(contestants, { round, decoded, sequences }) {
  await quietMoment(tolerated);
  const figures = [];
  const others = await otherWork(async () => {
    let cpu = 0;
    for (const { run } of contestants) {
      const alone = await run([promptOf(round, 0, promptLength)], decoded);
      const speeds = { prefill: promptLength / alone.prefill, decode: decoded / alone.decode };
      cpu += alone.cpu;
      if (sequences > 1) {
        const prompts = Array.from({ length: sequences }, (_, s) => promptOf(round, s + 1, shortPromptLength));
        const together = await run(prompts, decoded);
        speeds[`decode of ${sequences}`] = (sequences * decoded) / together.decode;
        cpu += together.cpu;
      }
      figures.push(speeds);
    }
    return cpu;
  });
  return { figures, others };
}

/** Another text each time: none begins as an earlier one, so that no cache of prefixes helps. */
function promptOf(round, sequence, length) {
  return Array.from({ length }, (_, i) => 300 + ((round * 577 + sequence * 1009 + i * 7) % 20_000));
}

function report({ contestants, others, rounds }) {
  const show = ({ min, median, max }, digits) => [min, median, max].map((value) => value.toFixed(digits)).join(" / ");
  const measures = Object.keys(contestants[0].ratio);
  const rows = contestants.map(({ name, tokensPerSecond, ratio }, i) => [
    name,
    ...measures.flatMap((measure) => [show(tokensPerSecond[measure], 1), i === 0 ? "" : show(ratio[measure], 2)]),
  ]);
  const figures = table([["tokens/s: min / median / max", ...measures.flatMap((measure) => [measure, "ratio"])], ...rows]);
  if (Number.isNaN(others.max))
    return `${figures}\n${rounds} rounds; how busy others were is not known: a browser does not tell its processor time`;
  const percent = (part) => `${(100 * part).toFixed(0)}%`;
  const noise = others.max > tolerated ? ": NOISE, repeat this on a quiet machine" : "";
  return `${figures}
the quietest of ${rounds} rounds; others took ${percent(others.median)} of the processors, at most ${percent(others.max)}${noise}`;
}
