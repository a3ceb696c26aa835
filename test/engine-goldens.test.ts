// The default engine through the public API, judged by golden models: with activations rounded to 8 bits and as they are, on 1, 2 and 3 threads. How each
// op fares alone is in src/ops/wasm.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Llama, load } from "../src/index.ts";
import { goldenPath, readGolden, sharedPath, testAll } from "./goldens.ts";

interface Case {
  files: string[];
  ids: number[];
  logits_f32: string;
  greedy: number[];
  /** The best score minus the second best, for each step. */
  greedy_gap: number[];
}

const cases: Case[] = goldenPath("quant/models/expected.json") ? readGolden("quant/models/expected.json").cases : [];

/** Runs `body` with a model on so many threads. */
async function withModel<R>(path: string, threads: number, exact: boolean, body: (llama: Llama) => Promise<R>): Promise<R> {
  await using llama = await load(path, { threads, exact, relaxedSimd: true });
  return await body(llama); // before the model goes
}

async function greedyIds(llama: Llama, prompt: readonly number[], maxTokens: number): Promise<number[]> {
  const ids: number[] = [];
  for await (const { id } of llama.generate(prompt, { temperature: 0, maxTokens, ignoreEos: true })) ids.push(id);
  return ids;
}

describe.each([
  { activations: "rounded to 8 bits", exact: false, most: 0.6, rms: 0.1 },
  { activations: "as they are", exact: true, most: 1e-3, rms: 1e-3 },
])("activations $activations", ({ exact, most, rms }) => {
  for (const { files, ids, logits_f32, greedy, greedy_gap } of cases) {
    const path = goldenPath(`quant/models/${files[0]}`);
    it.skipIf(!path)(`${files[0]} is within the golden tolerance, the same on 1, 2 and 3 threads`, async () => {
      const run = (threads: number): Promise<[Float32Array, number[]]> =>
        withModel(path!, threads, exact, async (llama) => [await llama.logits(ids), await greedyIds(llama, ids, greedy.length)]);
      const [logits, answer] = await run(1);
      const expected = new Float32Array(new Uint8Array(Buffer.from(logits_f32, "base64")).buffer);
      const distances = expected.map((logit, i) => Math.abs(logit - logits[i]));
      const worst = Math.max(...distances);
      expect(worst).toBeLessThan(most);
      expect(Math.sqrt(distances.reduce((sum, d) => sum + d * d, 0) / distances.length)).toBeLessThan(rms);
      // A choice between scores that are nearer than this model's distance says nothing.
      const tie = greedy_gap.findIndex((gap) => gap < 2 * worst);
      const sure = tie < 0 ? greedy.length : tie;
      expect(answer.slice(0, sure)).toEqual(greedy.slice(0, sure));

      for (const threads of [2, 3]) expect(await run(threads)).toEqual([logits, answer]);
    });
  }
});

const smol = sharedPath("models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
const text = sharedPath("data/tinyshakespeare/input.txt");

describe.skipIf(!smol || !text || !goldenPath("smollm2/golden.json"))("the perplexity of SmolLM2", () => {
  it.each([
    { activations: "rounded to 8 bits", exact: false, percent: 0.5, few: 2 },
    { activations: "as they are", exact: true, percent: 0.01, few: 1 },
  ])("is within $percent% of the golden one with activations $activations", { timeout: 600_000 }, async ({ exact, percent, few }) => {
    const { context, chunks, tokens, chunk_nll } = readGolden("smollm2/golden.json").perplexity;
    const count = testAll ? chunks : few;
    await withModel(smol!, 2, exact, async (llama) => {
      const ids = llama.tokenizer!.encode(readFileSync(text!, "utf8").slice(0, 10 * tokens));
      let difference = 0;
      for (let i = 0; i < count; i++) {
        const logProbs = await llama.logProbs(ids.slice(i * context, (i + 1) * context));
        difference += -logProbs.reduce((sum, logProb) => sum + logProb, 0) / logProbs.length - chunk_nll[i];
      }
      expect(100 * Math.abs(Math.expm1(difference / count))).toBeLessThan(percent);
    });
  });
});
