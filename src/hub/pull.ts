// cria pull: brings a model from the Hugging Face hub into the cache, whole and verified or not at all. Node only.
//
// 1. Ask the hub for the commit, the files, their sizes and hashes. 2. Fetch what is missing into part files, four at a time, resuming what
// an earlier pull left. 3. When all are verified, move them to their names. 4. Write the manifest. A pull that ends before 3 leaves the former
// state and the parts.
import { FormatError, UsageError } from "../errors.ts";
import { filesOnDisk, locked, type PulledFile, pathBelow, readManifest, revisionFolder, writeManifest } from "./cache.ts";
import { download } from "./download.ts";
import { DiskError, diskError, type Environment } from "./environment.ts";
import { type Digest, listRepo, type RepoFile } from "./hub-api.ts";
import { type HubRef, parseModelRef, showHubRef } from "./model-ref.ts";
import { chooseModel, fileOfQuantisation, showBytes, totalSize } from "./repo-models.ts";
import { hubAt } from "./request.ts";

export interface PullProgress {
  /** The file that moved on, its hash, and its bytes that are here and that it has. */
  readonly file: string;
  readonly digest: Digest;
  readonly fileDone: number;
  readonly fileSize: number;
  /** Bytes of all files that are here, and that will be. `done` falls back when a file has to be fetched anew. */
  readonly done: number;
  readonly total: number;
}

export interface PullOptions {
  onProgress?: (progress: PullProgress) => void;
  /** Stops the pull; what has arrived is kept for the next one. */
  signal?: AbortSignal;
  /** Default: HF_ENDPOINT, else https://huggingface.co. */
  endpoint?: string;
  /** For private and gated models. Default: HF_TOKEN. It is sent to the endpoint and to nobody else. */
  token?: string;
  /** Instead of the environment of the process: where the cache is, and the two defaults above. */
  env?: Environment;
  /** Wait before the second attempt of a request, doubled for each further one. Default 500. */
  retryDelayMs?: number;
  /** A connection on which nothing arrives for so long counts as cut. Default 30,000. */
  idleTimeoutMs?: number;
}

/** A model on disk. */
export interface PulledModel {
  /** The name that resolves to it from now on. */
  readonly name: string;
  readonly kind: "file" | "folder";
  readonly path: string;
  /** Bytes of its files. */
  readonly size: number;
  readonly commit: string;
}

const parallelDownloads = 4;

/**
 * Pulls `hf:owner/repo[@revision][/file]`. Files that are already here and have not changed on the hub are not fetched again.
 * @throws UsageError for a name that is not of that form, a model that is not there or not for this token, a choice that is the caller's, and
 *         a disk that is full or not writable; FormatError when the hub sends something else than it announced
 */
export async function pull(ref: string, options: PullOptions = {}): Promise<PulledModel> {
  const parsed = parseModelRef(ref);
  if (parsed.kind !== "hub")
    throw new UsageError(`${ref}: only models of the Hugging Face hub are pulled: expected hf:owner/repo or hf:owner/repo/file`);
  return pullModel(parsed.model, options);
}

export async function pullModel(model: HubRef, options: PullOptions): Promise<PulledModel> {
  const { env = process.env, signal, onProgress } = options;
  const { join } = process.getBuiltinModule("node:path");
  const hub = hubAt({ ...options, endpoint: options.endpoint ?? env.HF_ENDPOINT, token: options.token ?? env.HF_TOKEN });
  signal?.throwIfAborted();

  const { commit, files: listed } = await listRepo(hub, model, signal);
  const where = showHubRef({ ...model, file: undefined });
  const wanted = model.quantisation === undefined ? model.file : fileOfQuantisation(listed, model.quantisation, where);
  const chosen = chooseModel(listed, wanted, where);
  const files = chosen.files.map((file) => withDigest(file, model));
  const folder = revisionFolder(model, env);
  // Names are checked before anything is fetched, and parts are named by content, so that a part of an older version is never continued.
  const places = new Map<PulledFile, { path: string; part: string }>();
  for (const file of files) {
    const path = pathBelow(join(folder, "files"), file.name, showHubRef(model));
    const part = `${pathBelow(join(folder, "parts"), file.name, showHubRef(model))}.${file.digest.hex.slice(0, 16)}`;
    places.set(file, { path, part });
  }

  return locked(folder, async () => {
    const former = await readManifest(folder);
    const here = await filesOnDisk(folder, former);
    const missing = files.filter((file) => !here.some(({ name, digest }) => name === file.name && digest.hex === file.digest.hex));
    const parts = missing.map((file) => ({ file, ...places.get(file)! }));

    await prepareDisk(folder, parts);
    const total = totalSize(files);
    const arrived = new Map(files.map((file) => [file, missing.includes(file) ? 0 : file.size]));
    const report = (file: PulledFile, done: number): void => {
      arrived.set(file, done);
      const { name, digest, size: fileSize } = file;
      onProgress?.({ file: name, digest, fileDone: done, fileSize, done: [...arrived.values()].reduce((a, b) => a + b), total });
    };
    await inParallel(parts, signal, (part, stop) => {
      const url = `${hub.endpoint}/${model.repo}/resolve/${commit}/${part.file.name.split("/").map(encodeURIComponent).join("/")}`;
      const onBytes = (done: number): void => report(part.file, done);
      return download(hub, { url, part: part.part, size: part.file.size, digest: part.file.digest, model, onBytes }, stop);
    });

    const kept = former?.files.filter(({ name }) => !files.some((file) => file.name === name)) ?? [];
    const manifest = { revision: model.revision, commit, files: kept };
    // While files change places, none of them is listed: a crash here must not leave two versions that look like one model.
    if (former && parts.length > 0) await writeManifest(folder, manifest);
    await publish(folder, parts);
    await writeManifest(folder, { ...manifest, files: [...kept, ...files] });

    const path = chosen.file === undefined ? join(folder, "files") : places.get(files[0])!.path;
    const name = showHubRef({ ...model, file: chosen.file });
    return { name, kind: chosen.file === undefined ? "folder" : "file", path, size: total, commit };
  });
}

function withDigest(file: RepoFile, model: HubRef): PulledFile {
  if (file.digest) return { ...file, digest: file.digest };
  throw new FormatError(
    `${showHubRef(model)}: the hub gives no hash for ${file.name}, so that it could not be verified: is HF_ENDPOINT a complete hub?`,
  );
}

/** Makes the folders, and asks for the space before gigabytes are on their way. */
async function prepareDisk(folder: string, parts: readonly { file: PulledFile; path: string; part: string }[]): Promise<void> {
  const { mkdir, rm, stat, statfs } = process.getBuiltinModule("node:fs/promises");
  const { dirname } = process.getBuiltinModule("node:path");
  try {
    let needed = 0;
    for (const { file, path, part } of parts) {
      await mkdir(dirname(path), { recursive: true });
      await mkdir(dirname(part), { recursive: true });
      for (const stale of await staleParts(part)) await rm(stale, { force: true });
      needed += file.size - ((await stat(part).catch(() => undefined))?.size ?? 0);
    }
    const { bavail, bsize } = await statfs(folder);
    if (needed > bavail * bsize) {
      const reason = `${showBytes(needed)} are still to come, the disk has ${showBytes(bavail * bsize)} free: free some space, or set CRIA_HOME to a folder on another disk`;
      throw new DiskError(folder, reason, { full: true });
    }
  } catch (cause) {
    throw cause instanceof DiskError ? cause : diskError(folder, cause);
  }
}

/** Parts of other versions of the same file. */
async function staleParts(part: string): Promise<string[]> {
  const { readdir } = process.getBuiltinModule("node:fs/promises");
  const { basename, dirname, join } = process.getBuiltinModule("node:path");
  const file = basename(part).replace(/[0-9a-f]{16}$/, ""); // with the dot
  const names = (await readdir(dirname(part))).filter((name) => name.startsWith(file) && /^[0-9a-f]{16}$/.test(name.slice(file.length)));
  return names.filter((name) => name !== basename(part)).map((name) => join(dirname(part), name));
}

/** Moves verified parts to their names. */
async function publish(folder: string, parts: readonly { path: string; part: string }[]): Promise<void> {
  const { rename } = process.getBuiltinModule("node:fs/promises");
  try {
    for (const { path, part } of parts) await rename(part, path);
  } catch (cause) {
    throw diskError(folder, cause);
  }
}

/** Runs `work` on every item, a few at a time. The first failure stops the others, and is thrown when they have stopped. */
async function inParallel<I>(
  items: readonly I[],
  signal: AbortSignal | undefined,
  work: (item: I, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failure = new AbortController();
  const stop = signal ? AbortSignal.any([signal, failure.signal]) : failure.signal;
  const queue = items.values(); // shared by the workers: each takes the next one
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      await work(item, stop).catch((error) => failure.abort(error));
      stop.throwIfAborted();
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: parallelDownloads }, worker));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}
