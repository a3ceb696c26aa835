// Removes a model that cria pulled: its files and their entries in the manifest. Node only.
import { filesOnDisk, locked, pathBelow, readManifest, revisionFolder, writeManifest } from "./cache.ts";
import { diskError, type Environment } from "./environment.ts";
import type { HubRef } from "./model-ref.ts";
import { chooseModel } from "./repo-models.ts";

/** @throws UsageError when it is not there, is being pulled, or the disk cannot be written */
export async function removePulled(model: HubRef, env?: Environment): Promise<void> {
  const { rm } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  const folder = revisionFolder(model, env);
  await locked(folder, async () => {
    const manifest = await readManifest(folder);
    const { files } = chooseModel(await filesOnDisk(folder, manifest), model.file, `hf:${model.repo}`);
    const left = manifest!.files.filter((file) => !files.some(({ name }) => name === file.name));
    // The manifest first: what it lists is whole.
    await writeManifest(folder, { ...manifest!, files: left });
    try {
      for (const { name } of files) await rm(pathBelow(join(folder, "files"), name, folder), { force: true });
      if (left.length === 0) await rm(folder, { recursive: true, force: true });
    } catch (cause) {
      throw diskError(folder, cause);
    }
  });
}
