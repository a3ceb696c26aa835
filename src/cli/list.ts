// cria list: the models on this machine, by the names that --model takes.
import { stat } from "node:fs/promises";
import { listModels, type StoredModel } from "../hub/list.ts";
import { showBytes } from "../hub/repo-models.ts";
import { bundledModel } from "./bundled-model.ts";
import { defineCommand } from "./command.ts";
import { jsonFlag, quietFlag } from "./model-flags.ts";
import { note, print, printJson } from "./terminal/output.ts";
import { printable } from "./terminal/printable.ts";
import { table } from "./terminal/table.ts";

export const command = defineCommand({
  about:
    "Lists the model that comes with cria, what cria has pulled, and what Ollama, LM Studio and the Hugging Face cache hold: all of them load without a second download.",
  flags: { ...jsonFlag, ...quietFlag },
  examples: [
    ["list", "names and sizes"],
    ["list --json | jq -r '.models[].path'", "where they are"],
  ],
  async run({ json, quiet }) {
    const stored = await listModels();
    const models = [await bundled(), ...stored.models];
    const { problems } = stored;
    if (json) return printJson({ models, problems });
    print(
      table(
        models.map(({ name, size, path }) => [printable(name), showBytes(size), printable(path)]),
        [1],
      ),
    );
    if (quiet) return;
    for (const problem of problems) note(printable(problem));
  },
});

async function bundled(): Promise<StoredModel> {
  const { size } = await stat(bundledModel.path);
  return { ...bundledModel, kind: "file", size };
}
