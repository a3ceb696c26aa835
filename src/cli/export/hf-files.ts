// What a Hugging Face folder of a model holds, file by file. Of such a folder the files beside the weights go over as they are.
import { writeSafetensors } from "../../formats/index.ts";
import { readWhole } from "../../formats/read-whole.ts";
import type { TensorInput } from "../../formats/tensor-input.ts";
import { exportHf, type HfType } from "../../model/hf-export.ts";
import { checkpointValues, type HfCheckpoint } from "../../model/load.ts";
import { ggufToJson } from "../../tokenizer/convert/convert.ts";
import { MAX_BYTES } from "../../tokenizer/load.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { FileContent } from "../output-folder.ts";
import { plainType, type SourceModel } from "./source-model.ts";

/** What stands beside the weights: how to answer, and the tokenizer in the forms that it may have. */
const companions = [
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "tokenizer.model",
  "vocab.json",
  "merges.txt",
  "chat_template.jinja",
] as const;

/** All that may lie in the folder. */
export const hfFileNames: readonly string[] = ["config.json", "model.safetensors", ...companions];

export interface HfFolder {
  readonly tensors: readonly TensorInput[];
  /** For the header of model.safetensors. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The files around the weights, by their names. */
  readonly texts: ReadonlyMap<string, FileContent>;
}

/** @param type undefined: as the weights are, F32 where they have blocks */
export async function hfFolder(
  { checkpoint, tokenizer, chatTemplate }: SourceModel,
  type: HfType = plainType(checkpoint),
  signal: AbortSignal,
): Promise<HfFolder> {
  const ids = { bosId: tokenizer?.bosId, eosId: tokenizer?.eosId };
  const { config, tensors, metadata } = exportHf(checkpoint.config, checkpointValues(checkpoint, signal), { type, ...ids });
  const beside =
    checkpoint.convention === "hf"
      ? await copies(checkpoint, signal)
      : tokenizer && ggufToJson(checkpoint.file.metadata, checkpoint.file.name, chatTemplate);
  const texts = new Map<string, FileContent>([["config.json", config], ...(beside ?? [])]);
  if (tokenizer && !texts.has("generation_config.json")) texts.set("generation_config.json", generationConfig(tokenizer));
  return { tensors, metadata, texts };
}

/** The files of the folder, by their names. */
export function hfFiles({ tensors, metadata, texts }: HfFolder): Map<string, FileContent> {
  return new Map([...texts, ["model.safetensors", writeSafetensors(tensors, metadata)]]);
}

async function copies({ beside }: HfCheckpoint, signal: AbortSignal): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for (const name of companions) {
    const file = await beside(name, signal);
    if (!file) continue;
    try {
      found.set(name, await readWhole(file, MAX_BYTES, signal));
    } finally {
      await file.close();
    }
  }
  return found;
}

/** Which tokens end an answer: a GGUF names them one by one. */
function generationConfig({ bosId, eosId, endIds }: Tokenizer): string {
  const ends = [...endIds];
  const ids = { ...(bosId !== undefined && { bos_token_id: bosId }), eos_token_id: ends.length > 1 ? ends : (ends[0] ?? eosId) };
  return `${JSON.stringify(ids, null, 2)}\n`;
}
