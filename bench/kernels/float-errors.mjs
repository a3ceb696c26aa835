// How far the engine's exp, sigmoid and tanh are off, in units in the last place of float32, on both builds: the figures of docs/numerics.md. The judge is
// Math of float64. Takes every float of a range, or each of its n-th where they are many.
//
//   node bench/kernels/float-errors.mjs [--step 61]
import { parseArgs } from "node:util";
import { enableRelaxedSimd } from "../../dist/ops/wasm/build.js";
import { compile } from "./compile.mjs";

const { values } = parseArgs({ options: { step: { type: "string", default: "61" } } });
const step = Number(values.step);
const COUNT = 1 << 16; // values at once
const [X, Y] = [65_536, 65_536 + 4 * COUNT];

const judged = [
  { name: "exp", exact: Math.exp, from: -87.33, to: 0 },
  { name: "exp", exact: Math.exp, from: 0, to: 88 },
  { name: "sigmoid", exact: (x) => 1 / (1 + Math.exp(-x)), from: -87, to: 0 },
  { name: "sigmoid", exact: (x) => 1 / (1 + Math.exp(-x)), from: 0, to: 20 },
  { name: "tanh", exact: Math.tanh, from: 0, to: 0.625 },
  { name: "tanh", exact: Math.tanh, from: 0.625, to: 20 },
];

const source = `import * as floats from "../../src/ops/wasm/kernels/floats";
${["exp", "sigmoid", "tanh"]
  .map(
    (name) =>
      `export function ${name}(): void { for (let i: usize = 0; i < ${4 * COUNT}; i += 16) v128.store(i + ${Y}, floats.${name}(v128.load(i + ${X}))); }`,
  )
  .join("\n")}`;

enableRelaxedSimd();
for (const [build, features] of Object.entries({ relaxed: "simd,relaxed-simd", exact: "simd" })) {
  const memory = new WebAssembly.Memory({ initial: 16 });
  const module = new WebAssembly.Module(await compile(source, features));
  const { exports } = new WebAssembly.Instance(module, { env: { memory, abort() {} } });
  for (const { name, exact, from, to } of judged) {
    const { worst, at } = worstOf(exports[name], memory, exact, from, to);
    console.log(`${build.padEnd(8)} ${name.padEnd(8)} ${`${from} to ${to}`.padEnd(12)} at most ${worst.toFixed(2)} ulp, at ${at}`);
  }
}

function worstOf(run, memory, exact, from, to) {
  const x = new Float32Array(memory.buffer, X, COUNT);
  const y = new Float32Array(memory.buffer, Y, COUNT);
  const [low, high] = [Math.min(Math.abs(from), Math.abs(to)), Math.max(Math.abs(from), Math.abs(to))].map(bitsOf);
  const sign = from < 0 ? -1 : 1;
  let worst = 0;
  let at = 0;
  for (let bits = Math.max(low, bitsOf(1e-30)); bits <= high; bits += COUNT * step) {
    for (let i = 0; i < COUNT; i++) x[i] = sign * floatOf(Math.min(bits + i * step, high));
    run();
    for (let i = 0; i < COUNT; i++) {
      const expected = exact(x[i]);
      const error = Math.abs(y[i] - expected) / unitOf(expected);
      if (error > worst) [worst, at] = [error, x[i]];
    }
  }
  return { worst, at };
}

function bitsOf(value) {
  return new Uint32Array(Float32Array.of(value).buffer)[0];
}

function floatOf(bits) {
  return new Float32Array(Uint32Array.of(bits).buffer)[0];
}

/** From a normal float32 to the next. */
function unitOf(value) {
  return 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(value)))) - 23);
}
