// Steps of training a small Llama by cria, whole or command by command.
import { readFileSync } from "node:fs";
import { families } from "../../dist/model/families.js";
import { buildWeights } from "../../dist/model/weights.js";
import { createWasm, enableRelaxedSimd } from "../../dist/ops/wasm/index.js";
import * as opcodes from "../../dist/ops/wasm/opcodes.js";
import { createRng } from "../../dist/tensor/rng.js";
import { beginAdamW, ignored, modelOf, trainStep } from "../../dist/train/index.js";

const adamW = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 };

/** @param sizes dim, nLayers, nHeads, nKvHeads, hiddenDim, vocabSize */
export function configOf(sizes) {
  const headDim = sizes.dim / sizes.nHeads;
  return {
    ...families.llama,
    ...sizes,
    headDim,
    maxSeqLen: 4096,
    positions: { kind: "rope", theta: 10_000 },
    tiedEmbeddings: true,
  };
}

/** Paths and shapes of the weights, and values for all of them, one after the other. */
export function initialWeights(config) {
  const rng = createRng(1);
  const shapes = [];
  const values = [];
  buildWeights(config, (path, shape) => {
    shapes.push([path, shape]);
    for (let i = shape.reduce((a, b) => a * b, 1); i > 0; i--) values.push(shape.length === 1 ? 1 : 0.02 * rng.normal());
  });
  return { shapes, values: Float32Array.from(values) };
}

/**
 * @param job sizes, batch, context, threads, turbo, the files of the weights' values and of the tokens (int32, [batch, context])
 * @returns step() makes one and gives its seconds and its loss; profile(n) gives what the commands of n steps took, with one thread
 */
export async function open({ sizes, batch, context, threads, turbo, weightsFile, tokensFile }) {
  enableRelaxedSimd();
  const observed = observeRuns();
  const config = configOf(sizes);
  const ops = await createWasm({ threads, turbo, activations: "f32" });
  if (turbo && !ops.build.turbo) throw new Error("this Node has no turbo");
  const bytes = readFileSync(weightsFile);
  let at = 0;
  const weights = buildWeights(config, (_path, shape) => {
    const byteLength = 4 * shape.reduce((a, b) => a * b, 1);
    at += byteLength;
    return ops.weight(shape, "F32", bytes.subarray(at - byteLength, at));
  });
  const ids = new Int32Array(new Uint8Array(readFileSync(tokensFile)).buffer);
  const chunks = Array.from({ length: batch }, (_, i) => ({ ids: ids.subarray(i * context, (i + 1) * context), start: 0 }));
  const targets = Int32Array.from(chunks.flatMap((row) => [...row.ids.subarray(1), ignored]));
  const model = modelOf(config, weights);
  const state = beginAdamW(ops, model.named);

  const step = async () => {
    const start = performance.now();
    const { loss } = await trainStep(ops, model, state, [{ chunks, targets }], { adamW, learningRate: 1e-3, clip: 1 });
    await ops.exportWeight(model.named["norm.gain"]); // the update is behind what was read
    return { seconds: (performance.now() - start) / 1000, loss };
  };
  return {
    step,
    async profile(steps) {
      await step();
      const commands = new Map();
      observed.each = (code, words, milliseconds) => {
        const command = commands.get(code) ?? { milliseconds: 0, calls: 0, flops: 0 };
        command.milliseconds += milliseconds / steps;
        command.calls += 1 / steps;
        command.flops += flopsOf(code, words) / steps;
        commands.set(code, command);
      };
      for (let i = 0; i < steps; i++) await step();
      observed.each = undefined;
      return [...commands].map(([code, figures]) => ({ name: nameOf(code), ...figures })).sort((a, b) => b.milliseconds - a.milliseconds);
    },
    close: () => ops.dispose(),
  };
}

/** Of products, by a command's words: kernels/linear.ts, kernels/backward/products.ts. */
function flopsOf(code, words) {
  const at = { [opcodes.LINEAR_FLOATS]: 6, [opcodes.INPUT_GRADIENT]: 5, [opcodes.WEIGHT_GRADIENT]: 3 }[code];
  return at === undefined ? 0 : 2 * words[at] * words[at + 1] * words[at + 2];
}

function nameOf(code) {
  const [name] = Object.entries(opcodes).find(([, value]) => value === code);
  return name.toLowerCase().replaceAll("_", " ");
}

/** Lets kernels that are made from now on run one command at a time while somebody looks on (kernels/run.ts says how commands lie). */
function observeRuns() {
  const observed = {};
  const make = (module, imports, Instance) => {
    const { exports } = new Instance(module, imports);
    let at = 0;
    const rewind = (commands) => {
      at = commands;
      exports.rewind(commands);
    };
    const run = (end, patient) => {
      const words = observed.each && new Int32Array(imports.env.memory.buffer);
      while (observed.each && at < end) {
        const first = at / 4;
        at += 4 * words[first + 1];
        const start = performance.now();
        exports.run(at, patient);
        observed.each(words[first] & 255, words.subarray(first + 2, at / 4), performance.now() - start);
      }
      return exports.run(end, patient);
    };
    return { exports: { ...exports, rewind, run } };
  };
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, { construct: (Instance, [module, imports]) => make(module, imports, Instance) });
  return observed;
}
