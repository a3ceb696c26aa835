// Models that were made here, as those that can be opened.
import type { Environment } from "../environment.ts";
import { madeModels } from "../made-models.ts";
import { filesBelow, type StoreContent } from "./store.ts";

export async function madeStore(env?: Environment): Promise<StoreContent> {
  const { stat } = process.getBuiltinModule("node:fs/promises");
  const { models, problems } = await madeModels(env);
  const content: StoreContent = { models: [], problems };
  for (const made of models) {
    const { name, from, kind, path } = made;
    const found = await stat(path).catch(() => undefined);
    if (!found) {
      content.problems.push(`${name}: it was made of ${from}, and ${path} is not there any more: make it again of another model`);
      continue;
    }
    const size = kind === "file" ? found.size : (await filesBelow(path)).reduce((sum, file) => sum + file.size, 0);
    content.models.push({ name, kind, path, size, made });
  }
  return content;
}
