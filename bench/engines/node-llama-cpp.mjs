// llama.cpp as it comes to Node: node-llama-cpp with its prebuilt binaries, on the CPU, with its own defaults (a cache of 16-bit floats, flash
// attention where it wants it). One context for a prompt alone, another for many sequences.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { installed } from "../folder.mjs";

export const version = "3.22.1";

/** Only the binaries for this machine: by default npm brings those for graphics cards as well (700 MB). */
export function install() {
  const binaries = `@node-llama-cpp/${{ linux: "linux", darwin: "mac", win32: "win" }[process.platform]}-${process.arch}`;
  return installed("node-llama-cpp", { "node-llama-cpp": version, [binaries]: version }, ["--omit=optional"]);
}

export async function open({ model: modelPath, threads, contextLength, sequences }) {
  const { getLlama } = await import(pathToFileURL(join(install(), "node_modules/node-llama-cpp/dist/index.js")));
  const llama = await getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: 0 });
  const model = await llama.loadModel({ modelPath });
  const contexts = new Map();
  for (const count of new Set([1, sequences])) {
    const context = await model.createContext({ contextSize: contextLength, batchSize: 512, threads, sequences: count });
    contexts.set(
      count,
      Array.from({ length: count }, () => context.getSequence()),
    );
  }
  return {
    async run(prompts, decoded) {
      const all = contexts.get(prompts.length);
      for (const sequence of all) await sequence.clearHistory();
      const begin = performance.now();
      const tokens = await Promise.all(prompts.map((prompt, i) => prefill(all[i], prompt)));
      const first = performance.now();
      await Promise.all(tokens.map((token, i) => decode(all[i], token, decoded)));
      return { prefill: (first - begin) / 1000, decode: (performance.now() - first) / 1000 };
    },
    close: () => llama.dispose(),
  };
}

/** Runs a prompt for the token after it. */
async function prefill(sequence, prompt) {
  const last = [prompt.at(-1), { generateNext: { token: true, options: { temperature: 0 } } }];
  const results = await sequence.controlledEvaluate([...prompt.slice(0, -1), last]);
  return results.at(-1).next.token;
}

async function decode(sequence, token, decoded) {
  let count = 0;
  for await (const _ of sequence.evaluate([token], { temperature: 0, yieldEogToken: true })) if (++count === decoded) return;
  throw new Error(`node-llama-cpp stopped after ${count} tokens`);
}
