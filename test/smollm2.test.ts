// A real chat model through the public API, judged by PyTorch on its dequantised weights. The wasm backend runs every case; the reference, which
// takes minutes for all of them, runs one here and the rest with npm run test:all.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BackendName, type Llama, load } from "../src/index.ts";
import { goldenPath, readGolden, sharedPath, testAll } from "./goldens.ts";

const path = sharedPath("models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
const golden = goldenPath("smollm2/golden.json") && readGolden("smollm2/golden.json");

interface Case {
  kind: string;
  text: string;
  ids: number[];
  messages?: { role: string; content: string }[];
  last_logits_top20: { ids: number[]; logits: number[] };
  token_nll: number[];
  greedy: { max_new_tokens: number; ids: number[]; min_top2_gap: number };
}

describe.skipIf(!path)("SmolLM2-135M-Instruct", () => {
  describe.each<BackendName>(["wasm", "reference"])("on %s", (backend) => {
    let llama: Llama;
    beforeAll(async () => {
      llama = await load(path!, { backend, exact: true });
    });
    afterAll(() => llama.dispose());

    const all: Case[] = golden?.cases ?? [];
    const cases = backend === "wasm" || testAll ? all : all.slice(0, 1);
    it.each(cases)("reads $text", { timeout: 300_000 }, async ({ kind, text, ids, messages, last_logits_top20, token_nll, greedy }) => {
      if (kind === "completion") expect(llama.tokenizer!.encode(text)).toEqual(ids);
      expect(llama.tokenizer!.encode(text, { parseSpecial: true })).toEqual(ids);

      const logits = await llama.logits(ids, { positions: "last" });
      const best = Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a]);
      expect(best.slice(0, 20)).toEqual(last_logits_top20.ids);
      expect(last_logits_top20.ids.map((id) => logits[id])).toBeWithin(1e-4, last_logits_top20.logits);
      expect((await llama.logProbs(ids)).map((x) => -x)).toBeWithin(1e-4, token_nll);

      expect(greedy.min_top2_gap).toBeGreaterThan(5e-3); // nearer ties would need a comparison step by step
      const options = { temperature: 0, maxTokens: greedy.max_new_tokens };
      const answer: number[] = [];
      for await (const piece of messages ? llama.chat(messages, options) : llama.generate(ids, options)) answer.push(piece.id);
      expect(answer).toEqual(greedy.ids);
    });

    it("knows the capital of France", { timeout: 120_000 }, async () => {
      let answer = "";
      for await (const piece of llama.chat([{ role: "user", content: "What is the capital of France?" }], {
        temperature: 0,
        maxTokens: 12,
      })) {
        answer += piece.text;
      }
      expect(answer).toContain("Paris");
    });
  });
});
