// Writing so that a name never stands for half of a file, and telling what a disk refuses.
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { UsageError } from "../../errors.ts";

/** Writes under a temporary name, makes sure that the bytes are on the disk, and renames. @throws UsageError for a full disk and the like */
export async function writeWhole(path: string, write: (file: FileHandle) => Promise<void>, again?: string): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    const file = await open(temporary, "w");
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw diskError(path, error, again);
  }
}

/** What a file system refuses, as a sentence; other errors as they are. @param again what running the command once more does */
export function diskError(path: string, error: unknown, again: string = "what is finished is kept"): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (syscall === undefined || error instanceof UsageError) return error;
  const free = `free some space, then run the same command again: ${again}`;
  const reasons: Record<string, string> = {
    ENOSPC: `the disk is full: ${free}`,
    EDQUOT: `your quota of the disk is used up: ${free}`,
    EFBIG: `this file system has no room for a file so large: choose another place`,
    EACCES: "no permission to write here: choose another place",
    EPERM: "no permission to write here: choose another place",
    EROFS: "the file system is read-only: choose another place",
    ENOTDIR: "a file stands where a folder is needed: choose another place",
    EEXIST: "a file stands where a folder is needed: choose another place",
  };
  return new UsageError(`${path}: ${reasons[code ?? ""] ?? message}`, { cause: error });
}
