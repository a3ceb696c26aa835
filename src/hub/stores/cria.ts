// Models in cria's own cache: what the manifests list and the disk holds.
import { filesOnDisk, readManifest } from "../cache.ts";
import { type Environment, folders } from "../environment.ts";
import { showHubRef } from "../model-ref.ts";
import { modelsIn } from "../repo-models.ts";
import { namesIn, type StoreContent, storedModel } from "./store.ts";

export async function criaModels(env?: Environment): Promise<StoreContent> {
  const { join } = process.getBuiltinModule("node:path");
  const content: StoreContent = { models: [], problems: [] };
  const root = join(folders(env).cria, "models");
  for (const owner of await namesIn(root)) {
    for (const repo of await namesIn(join(root, owner))) {
      for (const revision of await namesIn(join(root, owner, repo))) {
        const folder = join(root, owner, repo, revision);
        const manifest = await readManifest(folder);
        if (!manifest) continue; // nothing was ever pulled completely
        const name = showHubRef({ repo: `${owner}/${repo}`, revision: manifest.revision, file: undefined });
        const present = await filesOnDisk(folder, manifest);
        for (const model of modelsIn(present)) content.models.push(storedModel(name, join(folder, "files"), model));
        if (present.length < manifest.files.length) content.problems.push(`${name}: files are missing or were changed: pull it again`);
      }
    }
  }
  return content;
}
