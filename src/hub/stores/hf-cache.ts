// Models that Python's huggingface_hub has downloaded: models--OWNER--REPO/refs/REVISION names a commit, snapshots/COMMIT/ holds its files as
// links into blobs/.
import { pathBelow } from "../cache.ts";
import { type Environment, folders } from "../environment.ts";
import type { HubRef } from "../model-ref.ts";
import { modelsIn, type NamedFile } from "../repo-models.ts";
import { filesBelow, namesIn, type StoreContent, storedModel } from "./store.ts";

export async function hfCacheModels(env?: Environment): Promise<StoreContent> {
  const { join } = process.getBuiltinModule("node:path");
  const content: StoreContent = { models: [], problems: [] };
  const root = folders(env).hfCache;
  for (const entry of await namesIn(root)) {
    const [kind, owner, ...rest] = entry.split("--");
    if (kind !== "models" || rest.length === 0) continue; // data sets, spaces, and models without an owner
    const repo = `${owner}/${rest.join("--")}`;
    for (const { name: revision } of await filesBelow(join(root, entry, "refs"))) {
      const name = `hf-cache:${repo}${revision === "main" ? "" : `@${encodeURIComponent(revision)}`}`;
      const snapshot = await hfSnapshot({ repo, revision }, env);
      if (!snapshot) content.problems.push(`${name}: its reference or its files lead out of the cache, or to nothing`);
      else for (const model of modelsIn(snapshot.files)) content.models.push(storedModel(name, snapshot.folder, model));
    }
  }
  return content;
}

/** The files of a revision, or of a commit, that the cache holds; undefined when it has none or a link leaves the cache. */
export async function hfSnapshot(
  { repo, revision }: Pick<HubRef, "repo" | "revision">,
  env?: Environment,
): Promise<{ folder: string; files: NamedFile[] } | undefined> {
  const { readFile, realpath } = process.getBuiltinModule("node:fs/promises");
  const { join, relative, sep } = process.getBuiltinModule("node:path");
  const root = folders(env).hfCache;
  const base = join(root, `models--${repo.replace("/", "--")}`);
  const commit = /^[0-9a-f]{40}$/.test(revision)
    ? revision
    : await readFile(pathBelow(join(base, "refs"), revision, repo), "utf8").catch(() => "");
  if (!/^[0-9a-f]{40}$/.test(commit.trim())) return undefined;
  const folder = join(base, "snapshots", commit.trim());
  const files = await filesBelow(folder);
  for (const { name } of files) {
    if (relative(await realpath(root), await realpath(join(folder, name))).startsWith(`..${sep}`)) return undefined;
  }
  return files.length > 0 ? { folder, files } : undefined;
}
