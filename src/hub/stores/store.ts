// What a store of models tells: the models that can be opened from where they stand, and those that cannot, with the reason.
import type { MadeModel } from "../made-models.ts";
import { type NamedFile, type RepoModel, totalSize } from "../repo-models.ts";

/** A model that is already on this machine. */
export interface StoredModel {
  /** What to type to get it. */
  readonly name: string;
  /** A GGUF, or the folder of a checkpoint. */
  readonly kind: "file" | "folder";
  readonly path: string;
  /** Bytes of all its files. */
  readonly size: number;
  /** Of a model that was made here: of what, and with which settings. */
  readonly made?: MadeModel;
}

export interface StoreContent {
  readonly models: StoredModel[];
  /** One sentence each, beginning with the model's name. */
  readonly problems: string[];
}

/** Describes a model found among the files of `folder`. @param prefix its name, without the file's */
export function storedModel(prefix: string, folder: string, { file, files }: RepoModel<NamedFile>): StoredModel {
  const { join } = process.getBuiltinModule("node:path");
  const size = totalSize(files);
  return file === undefined
    ? { name: prefix, kind: "folder", path: folder, size }
    : { name: `${prefix}/${file}`, kind: "file", path: join(folder, file), size };
}

/** Names in a folder, sorted; none when it is missing or is no folder. */
export async function namesIn(folder: string): Promise<string[]> {
  const { readdir } = process.getBuiltinModule("node:fs/promises");
  return (await readdir(folder).catch(() => [])).sort();
}

/** Folders of strangers' programs may be deep or full; a model's are neither. */
const maxDepth = 4;
const maxFiles = 10_000;

/** All files below a folder, links to files included, with their paths relative to it. */
export async function filesBelow(folder: string): Promise<NamedFile[]> {
  const { lstat, stat } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  const files: NamedFile[] = [];
  const walk = async (prefix: string, depth: number): Promise<void> => {
    for (const name of await namesIn(join(folder, prefix))) {
      if (files.length >= maxFiles) return;
      const path = join(folder, prefix, name);
      // A link to a folder could lead anywhere, or round in a circle; a link to a file is how the Hugging Face cache stores one.
      const isFolder = (await lstat(path).catch(() => undefined))?.isDirectory();
      const found = await stat(path).catch(() => undefined);
      if (isFolder && depth < maxDepth) await walk(`${prefix}${name}/`, depth + 1);
      else if (found?.isFile()) files.push({ name: prefix + name, size: found.size });
    }
  };
  await walk("", 1);
  return files;
}
