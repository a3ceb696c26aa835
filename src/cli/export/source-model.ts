// The model that is exported, open: what its files say, and its weights to be read.
import { chatTemplateOf } from "../../chat/template-of.ts";
import { tokenizerOf } from "../../llama.ts";
import type { Checkpoint } from "../../model/load.ts";
import { openCheckpoint } from "../../model/open-checkpoint.ts";
import { findTensor } from "../../model/read-weight.ts";
import { weightSource } from "../../model/weight-names.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";

export interface SourceModel {
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Tokenizer | undefined;
  readonly chatTemplate: string | undefined;
}

export async function openSourceModel(place: string | URL, signal: AbortSignal): Promise<SourceModel> {
  const checkpoint = await openCheckpoint(place, signal);
  try {
    return { checkpoint, tokenizer: await tokenizerOf(checkpoint, signal), chatTemplate: await chatTemplateOf(checkpoint, signal) };
  } catch (error) {
    await checkpoint.file.close();
    throw error;
  }
}

/** As the embeddings are stored, where that is a type without blocks that all programs compute with; else F32, which loses nothing. */
export function plainType({ config, convention, file }: Checkpoint): "F32" | "F16" | "BF16" {
  const { type } = findTensor(file, weightSource(config, convention, "tokEmbeddings"), [config.vocabSize, config.dim]);
  return type === "F16" || type === "BF16" ? type : "F32";
}
