// cria inspect: what a model file holds, without reading its weights.
import * as v from "valibot";
import { defineCommand } from "./command.ts";
import { type Facts, inspect } from "./inspect/facts.ts";
import { reportOf } from "./inspect/report.ts";
import { interruption } from "./interrupt.ts";
import { jsonFlag, quietFlag } from "./model-flags.ts";
import { placeOf } from "./open-model.ts";
import { print, printJson } from "./terminal/output.ts";

export const command = defineCommand({
  argument: { name: "MODEL", optional: false },
  about: `Only headers are read, also of a URL. Files of architectures that cria does not run are shown as well, with the reason.
Configurations are in Meta's words: dim, nLayers, nHeads, nKvHeads, headDim, hiddenDim.`,
  flags: {
    tensors: { schema: v.optional(v.boolean(), false), help: "A row for every tensor, instead of one for the same tensor of all layers" },
    ...jsonFlag,
    ...quietFlag,
  },
  examples: [
    ["inspect model.gguf", "a page about the file"],
    ["inspect folder/ --json | jq .config", "a Hugging Face folder, as JSON"],
  ],
  async run({ tensors, json, quiet }, model) {
    const facts = await inspect(await placeOf(model!, quiet), interruption());
    if (json) printJson(toJson(facts));
    else print(reportOf(facts, tensors));
  },
});

function toJson({
  format,
  file,
  title,
  architecture,
  obstacle,
  config,
  parameters,
  tensors,
  types,
  tokenizer,
  chatTemplate,
  memory,
}: Facts): object {
  return {
    file,
    format,
    name: title ?? null,
    architecture: architecture ?? null,
    runs: obstacle === undefined,
    obstacle: obstacle ?? null,
    parameters,
    config: config ?? null,
    memory: memory
      ? {
          weights_stored: memory.weightsStored,
          weights_wasm: memory.weightsWasm,
          widened: memory.widened.map(({ from, to, storedBytes, bytes }) => ({ from, to, stored_bytes: storedBytes, bytes })),
          kv_per_1000_tokens: memory.kvPerThousandTokens,
          kv_full_context: memory.kvFullContext,
          context: memory.context,
          activations: memory.activations,
          total: memory.total,
          total_context: memory.totalContext,
        }
      : null,
    types,
    tokenizer: typeof tokenizer === "string" ? { problem: tokenizer } : tokenizer,
    chat_template: chatTemplate ?? null,
    tensors,
  };
}
