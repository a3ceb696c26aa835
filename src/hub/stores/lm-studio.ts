// Models that LM Studio holds: models/PUBLISHER/REPOSITORY/*.gguf, or a checkpoint there (its MLX models are checkpoints too).
import { type Environment, folders } from "../environment.ts";
import { modelsIn } from "../repo-models.ts";
import { filesBelow, namesIn, type StoreContent, storedModel } from "./store.ts";

export async function lmStudioModels(env?: Environment): Promise<StoreContent> {
  const { join } = process.getBuiltinModule("node:path");
  const content: StoreContent = { models: [], problems: [] };
  for (const root of folders(env).lmStudio) {
    for (const publisher of await namesIn(root)) {
      for (const repo of await namesIn(join(root, publisher))) {
        const folder = join(root, publisher, repo);
        for (const model of modelsIn(await filesBelow(folder))) {
          content.models.push(storedModel(`lmstudio:${publisher}/${repo}`, folder, model));
        }
      }
    }
  }
  return content;
}
