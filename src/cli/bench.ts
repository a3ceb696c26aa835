// cria bench: how fast a model runs here, beside what this machine could do at best.
import { availableParallelism } from "node:os";
import * as v from "valibot";
import { openCheckpoint } from "../model/open-checkpoint.ts";
import { parameterCount } from "../model/weights.ts";
import { threadCount } from "../ops/wasm/threads.ts";
import { measureLimits } from "./bench/machine-limits.ts";
import { measure, sizesFor, usualSizes } from "./bench/measure.ts";
import { type BenchResult, reportOf, speedsOf } from "./bench/report.ts";
import { tokenWork } from "./bench/token-work.ts";
import { defineCommand } from "./command.ts";
import { whole } from "./flags.ts";
import { endAtOnce, interruption } from "./interrupt.ts";
import { processor, wasmFeatures } from "./machine.ts";
import { engineFlags, jsonFlag, modelFlag, quietFlag } from "./model-flags.ts";
import { defaultModel, openModel, placeOf } from "./open-model.ts";
import { note, print, printJson } from "./terminal/output.ts";
import { createProgress } from "./terminal/progress.ts";

export const command = defineCommand({
  about: `Reads prompts of ${usualSizes.prompt} tokens, decodes ${usualSizes.decode} from an empty context, and looks when the first token after a prompt of ${usualSizes.shortPrompt} comes; shorter
texts where the context is shorter. The tokens are random, and cost what those of a text cost.

Decoding reads almost all weights for each token, so memory is what limits it: GB/s stand beside what a mere reading of memory reaches here. A prompt
is arithmetic: GFLOP/s count a multiplication and an addition for each token and weight of the layers, and stand beside mere products of 8-bit numbers.
On a machine that has other things to do all figures sink: run it alone, and quote medians.`,
  flags: {
    ...modelFlag,
    runs: { schema: v.optional(whole(1), 5), value: "N", help: "Repetitions, after one that does not count" },
    ...engineFlags,
    ...jsonFlag,
    ...quietFlag,
  },
  examples: [
    ["bench --model model.gguf", "the usual measure"],
    ["bench --model model.gguf --runs 1 --json | jq .decodeTokensPerSecond", "a quick look at one figure"],
  ],
  async run({ model, runs, json, ...options }) {
    const { backend, exact, kvType, quiet } = options;
    const threads = backend === "wasm" ? threadCount(options.threads) : 1;
    const name = model ?? (await defaultModel());
    const place = await placeOf(name, quiet);
    const checkpoint = await openCheckpoint(place, interruption());
    const work = tokenWork(checkpoint);
    await checkpoint.file.close();

    const start = performance.now();
    const { llama } = await openModel({ ...options, model: String(place), ctx: undefined });
    const loadSeconds = (performance.now() - start) / 1000;
    const sizes = sizesFor(llama.contextLength);
    if (sizes.prompt < usualSizes.prompt && !quiet) note(`the context holds ${llama.contextLength} tokens: texts are shorter than usual`);
    endAtOnce();
    const bar = createProgress("measuring", (part) => `${Math.round(100 * part)}%`, quiet);
    const figures = await measure(llama, sizes, runs, (part) => bar.update(part, 1));
    bar.end();
    await llama.dispose();
    const peakMemoryBytes = process.resourceUsage().maxRSS * 1024;

    // More threads than cores do not reach further, and each takes 128 MiB for it.
    const limits = await measureLimits(Math.min(threads, availableParallelism()), wasmFeatures().relaxedSimd !== "no");
    const result: BenchResult = {
      model: name,
      ...{ backend, threads, exact, kvType },
      parameters: parameterCount(llama.config),
      sizes,
      runs,
      ...speedsOf(figures, work),
      loadSeconds,
      peakMemoryBytes,
      weightBytes: work.weightBytes,
      limits,
      node: process.versions.node,
      processor: await processor(),
    };
    if (json) printJson(result);
    else print(reportOf(result));
  },
});
