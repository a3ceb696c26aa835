// cria list: the models on this machine, by the names that --model takes.
import { listModels } from "../hub/list.ts";
import { showBytes } from "../hub/repo-models.ts";
import { defineCommand } from "./command.ts";
import { jsonFlag, quietFlag } from "./model-flags.ts";
import { note, print, printJson } from "./terminal/output.ts";
import { printable } from "./terminal/printable.ts";
import { table } from "./terminal/table.ts";

export const command = defineCommand({
  about:
    "Lists what cria has pulled, and what Ollama, LM Studio and the Hugging Face cache hold: all of them load without a second download.",
  flags: { ...jsonFlag, ...quietFlag },
  examples: [
    ["list", "names and sizes"],
    ["list --json | jq -r '.models[].path'", "where they are"],
  ],
  async run({ json, quiet }) {
    const { models, problems } = await listModels();
    if (json) return printJson({ models, problems });
    const rows = models.map(({ name, size, path }) => [printable(name), showBytes(size), printable(path)]);
    print(
      rows.length > 0 ? table(rows, [1]) : "no models yet: cria pull hf:HuggingFaceTB/SmolLM2-135M-Instruct fetches a small one (270 MB)",
    );
    if (quiet) return;
    for (const problem of problems) note(printable(problem));
  },
});
