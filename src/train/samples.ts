// What the model says at a checkpoint, always to the same beginnings and with the same dice.
import { encodeChat } from "../chat/index.ts";
import { UsageError } from "../errors.ts";
import { createEngine, type Engine } from "../generate/engine.ts";
import { generate } from "../generate/generate.ts";
import type { Ops, Tensor, Weight } from "../ops/ops.ts";
import { type TrainingDocument, textsOf } from "./corpus/document.ts";
import type { Corpus } from "./corpus/prepare-corpus.ts";
import type { TrainedModel } from "./trained-model.ts";

export interface Sample {
  readonly prompt: string;
  readonly text: string;
}

const maxTokens = 120;

/** @returns generates one sample for each prompt with the weights as they are then @throws UsageError for a prompt that the context does not hold */
export async function createSampler<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  { config, weights }: TrainedModel<W>,
  { tokenizer, chatTemplate }: Pick<Corpus, "tokenizer" | "chatTemplate">,
  contents: readonly TrainingDocument["content"][],
): Promise<(signal?: AbortSignal) => AsyncGenerator<Sample>> {
  const contextLength = Math.min(config.maxSeqLen, 1024);
  const prompts: { readonly prompt: string; readonly ids: readonly number[] }[] = [];
  for (const content of contents) {
    const prompt = textsOf({ content, side: "val" }).join("\n");
    const isText = typeof content === "string";
    const ids = isText ? tokenizer.encode(content, { addSpecial: true }) : await encodeChat(tokenizer, chatTemplate, content);
    if (ids.length === 0 || ids.length >= contextLength) {
      throw new UsageError(
        `the sample ${JSON.stringify(prompt)} of the recipe has ${ids.length} tokens, expected 1 to ${contextLength - 1}`,
      );
    }
    prompts.push({ prompt, ids });
  }
  let engine: Engine | undefined; // its cache is made when it is first needed, and lasts
  return async function* (signal) {
    if (prompts.length === 0) return;
    engine ??= createEngine(ops, config, weights, contextLength);
    engine.weightsChanged();
    for (const { prompt, ids } of prompts) {
      if (signal?.aborted) return;
      let text = "";
      for await (const piece of generate(engine, tokenizer, ids, { seed: 1, maxTokens, temperature: 0.7 })) text += piece.text;
      yield { prompt, text };
    }
  };
}
