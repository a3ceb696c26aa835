// What the model says at a checkpoint, always to the same beginnings and with the same dice.
import { encodeChat } from "../chat/index.ts";
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

/** @returns generates one sample for each prompt with the weights as they are then */
export function createSampler<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  { config, weights }: TrainedModel<W>,
  { tokenizer, chatTemplate }: Pick<Corpus, "tokenizer" | "chatTemplate">,
  prompts: readonly TrainingDocument["content"][],
): (signal?: AbortSignal) => AsyncGenerator<Sample> {
  let engine: Engine | undefined; // its cache is made when it is first needed, and lasts
  return async function* (signal) {
    if (prompts.length === 0) return;
    engine ??= createEngine(ops, config, weights, Math.min(config.maxSeqLen, 1024));
    engine.weightsChanged();
    for (const content of prompts) {
      if (signal?.aborted) return;
      const ids =
        typeof content === "string" ? tokenizer.encode(content, { addSpecial: true }) : await encodeChat(tokenizer, chatTemplate, content);
      let text = "";
      for await (const piece of generate(engine, tokenizer, ids, { seed: 1, maxTokens, temperature: 0.7 })) text += piece.text;
      yield { prompt: textsOf({ content, side: "val" }).join("\n"), text };
    }
  };
}
