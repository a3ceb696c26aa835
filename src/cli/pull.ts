// cria pull: a model from the Hugging Face hub onto this machine, whole and verified.
import { pull } from "../hub/pull.ts";
import { showBytes } from "../hub/repo-models.ts";
import { defineCommand } from "./command.ts";
import { interruption } from "./interrupt.ts";
import { jsonFlag, quietFlag } from "./model-flags.ts";
import { createPullProgress } from "./open-model.ts";
import { note, print, printJson } from "./terminal/output.ts";

export const command = defineCommand({
  argument: { name: "hf:OWNER/REPO[@REVISION][/FILE]", optional: false },
  about: `Files are verified by their hash. A pull that was cut off, by Ctrl-C too, goes on where it stopped when it is called again.

HF_TOKEN      for private and gated models
HF_ENDPOINT   another hub than https://huggingface.co
CRIA_HOME     where models are kept (default: cria in the user's cache folder)`,
  flags: { ...jsonFlag, ...quietFlag },
  examples: [
    ["pull hf:HuggingFaceTB/SmolLM2-135M-Instruct", "a small model that chats (270 MB)"],
    ["pull hf:owner/repo/model-Q4_K_M.gguf", "one file of a repository"],
  ],
  async run({ json, quiet }, ref) {
    const bar = createPullProgress(quiet);
    const signal = interruption();
    try {
      const model = await pull(ref!, { signal, onProgress: bar.update });
      bar.end();
      if (json) return printJson(model);
      print(model.name);
      if (!quiet) note(`${showBytes(model.size)} in ${model.path}: talk with it by cria --model ${model.name}`);
    } catch (error) {
      bar.end();
      if (signal.aborted) note("what has arrived is kept: pull again to go on");
      throw error;
    }
  },
});
