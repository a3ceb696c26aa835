// cria perplexity: exp of the mean negative log-likelihood of a text's tokens. Each chunk stands alone, without BOS, and its first token is
// not scored, since nothing comes before it; what is left at the end of the text is not used.
import * as v from "valibot";
import { UsageError } from "../errors.ts";
import { defineCommand } from "./command.ts";
import { whole } from "./flags.ts";
import { endAtOnce } from "./interrupt.ts";
import { engineFlags, jsonFlag, modelFlag, quietFlag } from "./model-flags.ts";
import { openModel } from "./open-model.ts";
import { print, printJson } from "./terminal/output.ts";
import { createProgress } from "./terminal/progress.ts";
import { showCount } from "./terminal/units.ts";
import { readText } from "./text-input.ts";

export const command = defineCommand({
  about: `The text is cut into chunks of --ctx tokens; each is scored alone, without BOS and without its first token. Lower is better, and only numbers of
the same text, tokenizer and --ctx compare.`,
  flags: {
    ...modelFlag,
    file: { schema: v.optional(v.string()), value: "FILE", short: "f", help: "The text; without it, stdin" },
    ctx: { schema: v.optional(whole(2), 512), value: "N", help: "Tokens of a chunk" },
    chunks: { schema: v.optional(whole(1)), value: "N", help: "Only the first N chunks" },
    ...engineFlags,
    ...jsonFlag,
    ...quietFlag,
  },
  examples: [
    ["perplexity --model model.gguf --file wiki.test.raw", "the usual measure"],
    ["perplexity --model model.gguf --file book.txt --chunks 8 --json", "a quick look, as JSON"],
  ],
  async run({ file, chunks, json, ...options }) {
    const { ctx, quiet } = options;
    const text = await readText({ text: undefined, file });
    const { name, llama } = await openModel(options);
    try {
      if (!llama.tokenizer) throw new UsageError(`${name} has no tokenizer, which is needed to read the text`);
      const ids = llama.tokenizer.encode(text);
      const count = Math.min(chunks ?? Number.POSITIVE_INFINITY, Math.floor(ids.length / ctx));
      if (count === 0)
        throw new UsageError(`the text has ${ids.length} tokens, a chunk takes ${ctx}: give a longer text or a smaller --ctx`);

      endAtOnce();
      const chunkNll: number[] = [];
      const bar = createProgress("scoring", (n) => `${showCount(Math.round(n))} tokens`, quiet);
      for (let i = 0; i < count; i++) {
        bar.update(i * ctx, count * ctx, i === 0 ? "" : `perplexity ${Math.exp(mean(chunkNll)).toFixed(3)}`);
        chunkNll.push(-mean(await llama.logProbs(ids.slice(i * ctx, (i + 1) * ctx))));
      }
      bar.end();
      const nll = mean(chunkNll);
      const result = {
        model: name,
        file,
        context: ctx,
        chunks: count,
        tokens: count * ctx,
        mean_nll: nll,
        perplexity: Math.exp(nll),
        chunk_nll: chunkNll,
      };
      if (json) printJson(result);
      else print(`perplexity ${result.perplexity.toFixed(4)}, mean nll ${nll.toFixed(5)} (${count} chunks of ${ctx} tokens)`);
    } finally {
      await llama.dispose();
    }
  },
});

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}
