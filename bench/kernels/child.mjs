// Measures contenders in this process, with this Node's V8. run.mjs starts it, sends { base64, subject, revectorize, rounds, only } and gets one answer:
// { node, figures }, a figure being { name, table, job, line, column, used, values, wrong, late }: values in GMAC/s, one a round.
import { setFlagsFromString } from "node:v8";
import { enableRelaxedSimd, kernelBuild } from "../../dist/ops/wasm/build.js";
import { MEMORY_LIMIT } from "../../dist/ops/wasm/memory.js";
import { createRoom } from "../../dist/ops/wasm/room.js";
import { subjects } from "./subjects.mjs";

const MILLISECONDS = 15; // of one measurement, at least
const WARM = 150; // milliseconds in which V8 replaces its first code by optimised code
const FIRST = 65_536; // below lies the module's own data

process.once("message", async ({ base64, subject, revectorize, rounds, only }) => {
  enableRelaxedSimd();
  if (revectorize) setFlagsFromString("--experimental-wasm-revectorize"); // counts for what is compiled from now on
  const { quads } = createRoom(await kernelBuild("relaxed", false), MEMORY_LIMIT, 0, undefined, () => undefined);
  const module = new WebAssembly.Module(Buffer.from(base64, "base64"));
  const figures = subjects[subject].jobs.flatMap((job) =>
    measure(module, subjects[subject], job, { quads, revectorize, rounds, only: new RegExp(only) }),
  );
  process.send({ node: process.version, figures }, () => process.exit());
});

function measure(module, subject, job, { quads, revectorize, rounds, only }) {
  const memory = new WebAssembly.Memory({ initial: 16_384, maximum: 16_384 });
  const { exports } = new WebAssembly.Instance(module, { env: { memory, abort() {} } });
  let top = FIRST;
  const places = new Map();
  const place = (key, fill) => {
    if (!places.has(key)) {
      places.set(key, top);
      top += Math.ceil(fill(top) / 64) * 64;
    }
    return places.get(key);
  };
  const entrants = subject.prepare(job, { memory, exports, place, quads, revectorize }).filter(({ name, used }) => used || only.test(name));
  const figures = entrants.map(({ run, wrong, resultBytes, macs, ...about }) => {
    const body = () => run(top);
    const problem = () => {
      new Uint8Array(memory.buffer, top, resultBytes).fill(255); // NaN
      body();
      return wrong(top);
    };
    const atFirst = problem();
    seconds(body, WARM);
    const wrongSums = problem();
    return { body, macs, figure: { ...about, wrong: wrongSums, late: atFirst && !wrongSums, values: [] } };
  });
  for (let round = 0; round < rounds; round++) {
    for (const { body, macs, figure } of figures) if (!figure.wrong) figure.values.push(macs / (seconds(body, MILLISECONDS) * 1e9));
  }
  return figures.map(({ figure }) => figure);
}

/** Of one call, in so many milliseconds of them: time that this process computed, so that others on the machine count less. */
function seconds(body, milliseconds) {
  body();
  const before = process.cpuUsage();
  const start = performance.now();
  let calls = 0;
  for (; performance.now() < start + milliseconds; calls++) body();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls / 1e6;
}
