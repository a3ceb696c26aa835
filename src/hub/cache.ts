// cria's own folder of pulled models.
//
//     CRIA_HOME/models/OWNER/REPO/REVISION/
//       files/          the files, under the repository's own names
//       manifest.json   what has been verified: the commit, and size and hash of each file; written last, so that what it lists is whole
//       parts/          unfinished downloads, each named by its file and hash
//       lock            the process that is pulling now
//
// Names come from the hub, that is from strangers: every folder and file is checked to be a plain name before it touches the disk.
import { FormatError, UsageError } from "../errors.ts";
import { siblingName } from "../formats/file-name.ts";
import { isJsonObject, parseStrictJson } from "../formats/strict-json.ts";
import { diskError, type Environment, folders } from "./environment.ts";
import type { Digest, RepoFile } from "./hub-api.ts";
import type { HubRef } from "./model-ref.ts";

/** Another pull, or a removal, is at work on the same model. */
export class BusyError extends UsageError {
  override name = "BusyError";
}

/** A file that was downloaded and verified. */
export type PulledFile = RepoFile & { readonly digest: Digest };

export interface Manifest {
  readonly revision: string;
  /** What the revision named when it was pulled last. */
  readonly commit: string;
  readonly files: readonly PulledFile[];
}

/** The folder of one revision of one repository, whether or not it exists. */
export function revisionFolder(model: Pick<HubRef, "repo" | "revision">, env?: Environment): string {
  const { join } = process.getBuiltinModule("node:path");
  const segments = [...model.repo.split("/"), encodeURIComponent(model.revision)].map((name) => localName(name, model.repo));
  return join(folders(env).cria, "models", ...segments);
}

/** Where a file of the repository stands below `folder`. @throws FormatError for a name that would lead elsewhere */
export function pathBelow(folder: string, name: string, from: string): string {
  const { join } = process.getBuiltinModule("node:path");
  return join(folder, ...name.split("/").map((segment) => localName(segment, from)));
}

/** Beyond the rule for neighbours of a file: names that Windows keeps for devices, or shortens to other names. */
function localName(name: string, from: string): string {
  if (/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)|[ .]$|[<>"|?*]/i.test(siblingName(name, from))) {
    throw new FormatError(`${from}: names the file ${JSON.stringify(name)}, which not every system can store`);
  }
  return name;
}

/** What has been pulled into a revision's folder; undefined where the manifest is missing or is not one of ours. */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const { readFile } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  const text = await readFile(join(folder, "manifest.json"), "utf8").catch(() => "{}");
  try {
    const manifest = parseStrictJson(text, 4);
    if (!isJsonObject(manifest) || manifest.version !== 1 || typeof manifest.revision !== "string" || typeof manifest.commit !== "string")
      return;
    const files = Array.isArray(manifest.files) ? manifest.files.filter(isPulledFile) : [];
    return { revision: manifest.revision, commit: manifest.commit, files };
  } catch {
    return undefined; // edited or cut off: the next pull writes it again
  }
}

function isPulledFile(entry: unknown): entry is PulledFile {
  const { name, size, digest } = Object(entry) as Partial<PulledFile>;
  return typeof name === "string" && typeof size === "number" && typeof digest?.hex === "string";
}

/** Replaces the manifest in one step. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const { rename, writeFile } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  const path = join(folder, "manifest.json");
  try {
    await writeFile(`${path}.new`, JSON.stringify({ version: 1, ...manifest }, null, 1), { flush: true });
    await rename(`${path}.new`, path);
  } catch (cause) {
    throw diskError(path, cause);
  }
}

/** The manifest's files that are on disk in their full length. */
export async function filesOnDisk(folder: string, { files }: Pick<Manifest, "files"> = { files: [] }): Promise<PulledFile[]> {
  const { stat } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  const sizeOf = async (name: string): Promise<number> => (await stat(pathBelow(join(folder, "files"), name, folder))).size;
  const present = await Promise.all(files.map(async ({ name, size }) => (await sizeOf(name).catch(() => undefined)) === size));
  return files.filter((_, i) => present[i]);
}

/**
 * Runs `work` while no other pull, in this process or another, writes into `folder`. A lock left by a process that died is taken over.
 * @throws BusyError when the folder is taken, DiskError when it cannot be written
 */
export async function locked<R>(folder: string, work: () => Promise<R>): Promise<R> {
  const { mkdir, readFile, rm, writeFile } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  const lock = join(folder, "lock");
  await mkdir(folder, { recursive: true }).catch((cause) => {
    throw diskError(folder, cause);
  });
  const take = (): Promise<void> => writeFile(lock, String(process.pid), { flag: "wx" });
  try {
    await take();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw diskError(lock, cause);
    const owner = Number(await readFile(lock, "utf8").catch(() => ""));
    if (isAlive(owner))
      throw new BusyError(`${folder}: process ${owner} is pulling this model: wait for it (or remove ${lock} if that is something else)`);
    await rm(lock, { force: true });
    await take().catch((cause) => {
      throw diskError(lock, cause);
    });
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0); // sends nothing, only asks
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // somebody else's, but alive
  }
}
