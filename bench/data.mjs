// Speed of preparing training data: MB of raw text a second, for each step on one core, and for whole runs of `cria data` with 0 to N threads beside the
// main one, with the memory that they take. On the novels and stories of ../shared beside the checkout. Needs a build (dist/).
//
//   node bench/data.mjs [--rounds 3] [--workers 0,1]

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { spreadOf } from "../dist/cli/bench/spread.js";
import { processor, showProcessor } from "../dist/cli/machine.js";
import { cleanBatch } from "../dist/train/data/clean.js";
import { bandKeys, shinglesOf } from "../dist/train/data/dedup/min-hash.js";
import { normalise } from "../dist/train/data/normalise/normalise.js";
import { languageOf } from "../dist/train/data/quality/language.js";
import { qualityFailure } from "../dist/train/data/quality/rules.js";
import { scanWords } from "../dist/train/data/words.js";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "3" }, workers: { type: "string", default: "0,1" } } });
const shared = fileURLToPath(new URL("../../shared/data", import.meta.url));
if (!existsSync(shared)) {
  console.log(`bench/data.mjs: left out, for ${shared} with texts is not here`);
  process.exit();
}

const read = (folder, ending) =>
  readdirSync(join(shared, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(shared, folder, name), "utf8"));
const sets = {
  "novels (25 of 0.7 MB)": read("english-novels", ".txt"),
  "stories (11,818 of 3 kB)": read("synthetic-stories-snakes", ".md")
    .flatMap((text) => text.split("<end>"))
    .filter((text) => text.trim() !== ""),
};
const options = { unwrap: true, quality: true, near: true, minWords: 50, languages: [] };
const shown = ({ min, median, max }) => `${min.toFixed(1)} / ${median.toFixed(1)} / ${max.toFixed(1)}`;
const seconds = (work) => {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
};

console.log(
  `${showProcessor(await processor())}, Node ${process.version}; MB/s on one core, min / median / max of ${values.rounds} rounds`,
);
const results = {};
for (const [name, texts] of Object.entries(sets)) {
  const megabytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6;
  const normal = texts.map((text) => normalise(text, true));
  const words = normal.map(scanWords);
  const steps = {
    normalise: () => texts.forEach((text) => void normalise(text, true)),
    "cut into words": () => normal.forEach((text) => void scanWords(text)),
    "rules of quality": () => normal.forEach((text, i) => void qualityFailure(text, words[i], options)),
    "MinHash, 20 bands": () => words.forEach(({ hashes }) => void bandKeys(shinglesOf(hashes))),
    "all of it, with SHA-256": () =>
      texts.forEach((text) => void cleanBatch({ documents: [{ id: "", text, source: 0 }], sources: [""] }, options)),
    "language (--language)": () => normal.forEach((text) => void languageOf(text)),
  };
  console.log(`${name}, ${megabytes.toFixed(1)} MB`);
  for (const [step, work] of Object.entries(steps)) {
    const spread = spreadOf(Array.from({ length: Number(values.rounds) }, () => megabytes / seconds(work)));
    console.log(`  ${step.padEnd(24)} ${shown(spread)}`);
    results[`${name}: ${step}`] = spread.median;
  }
}

const folder = mkdtempSync(join(tmpdir(), "cria-bench-data-"));
const stories = join(folder, "stories.jsonl");
writeFileSync(stories, sets["stories (11,818 of 3 kB)"].map((text) => `${JSON.stringify({ text })}\n`).join(""));
const sources = [join(shared, "english-novels"), stories];
const megabytes =
  Object.values(sets)
    .flat()
    .reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6;
console.log(`cria data, ${megabytes.toFixed(1)} MB, from files to shards`);
for (const workers of values.workers.split(",")) {
  const out = join(folder, `out-${workers}`);
  const start = performance.now();
  const report = `process.on("exit", () => console.error(process.resourceUsage().maxRSS))`;
  const main = fileURLToPath(new URL("../bin/cria.js", import.meta.url));
  const args = [
    "--import",
    `data:text/javascript,${encodeURIComponent(report)}`,
    main,
    "data",
    ...sources,
    "--out",
    out,
    "--workers",
    workers,
    "--quiet",
  ];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  const rate = megabytes / ((performance.now() - start) / 1000);
  const memory = Number(stderr.trim().split("\n").at(-1)) / 1000;
  console.log(`  --workers ${workers}  ${rate.toFixed(1)} MB/s, peak memory ${memory.toFixed(0)} MB`);
  results[`cria data --workers ${workers}`] = rate;
}
rmSync(folder, { recursive: true });
console.log(JSON.stringify(results));
