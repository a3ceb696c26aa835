// The folder or the file that a command leaves behind: written under another name and renamed when it is whole, so that nobody ever meets half of one.
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../errors.ts";
import { diskError, writeWhole } from "../train/data/disk.ts";

/** Whole, or piece by piece while it is written. */
export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface OutputFolder {
  /** Puts the files where they belong. */
  commit(files: ReadonlyMap<string, FileContent>): Promise<void>;
  /** Leaves no trace, unless commit() was done. */
  abandon(): Promise<void>;
}

/**
 * Makes sure, before time is spent, that a folder can be written.
 *
 * @param known names of files that may be replaced
 * @param force replace a folder that is there, if it holds nothing but `known`
 * @throws UsageError if it is there already, or cannot be written
 */
export async function prepareFolder(path: string, known: readonly string[], force: boolean): Promise<OutputFolder> {
  const folder = resolve(path);
  await refuseOccupied(path, known, force);
  const temporary = `${folder}.part-${process.pid}`;
  const old = `${folder}.old-${process.pid}`;
  const refused = (cause: unknown): never => {
    throw diskError(path, cause, again);
  };
  await mkdir(dirname(folder), { recursive: true }).catch(refused);
  await mkdir(temporary).catch(refused);
  return {
    async commit(files) {
      try {
        for (const [name, content] of files) await writeFile(join(temporary, name), content, { flush: true });
        const replaces = await exists(folder);
        if (replaces) await rename(folder, old);
        await rename(temporary, folder).catch(async (error) => {
          if (replaces) await rename(old, folder); // what was there before stays
          throw error;
        });
        if (replaces) await rm(old, { recursive: true });
      } catch (error) {
        refused(error);
      }
    },
    abandon: () => rm(temporary, { recursive: true, force: true }),
  };
}

/** Nothing of a folder that could not be written is left. */
const again = "it starts anew";

/**
 * Makes sure, before time is spent, that a file can be written.
 *
 * @param force replace a file that is there
 * @returns writes it
 * @throws UsageError if it is there already, or cannot be written
 */
export async function prepareFile(path: string, force: boolean): Promise<(content: AsyncIterable<Uint8Array>) => Promise<void>> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) throw new UsageError(`${path}: is a folder, expected the name of a file to make`);
  if (found && !force) throw new UsageError(`${path}: is there already: choose another --out, or give --force to replace it`);
  await mkdir(dirname(resolve(path)), { recursive: true }).catch((cause) => {
    throw diskError(path, cause, again);
  });
  return (content) =>
    writeWhole(
      path,
      async (file) => {
        for await (const chunk of content) await file.writeFile(chunk);
      },
      again,
    );
}

async function refuseOccupied(path: string, known: readonly string[], force: boolean): Promise<void> {
  if (!(await exists(path))) return;
  const entries = await readdir(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOTDIR") throw new UsageError(`${path}: is a file, expected the name of a folder to make`);
    throw new UsageError(`${path}: cannot be read: ${cause.message}`, { cause });
  });
  if (entries.length === 0) return;
  const foreign = entries.find((name) => !known.includes(name));
  if (foreign !== undefined) throw new UsageError(`${path}: holds other files, such as ${foreign}: choose another --out, or remove it`);
  if (!force) throw new UsageError(`${path}: is there already: choose another --out, or give --force to replace it`);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
