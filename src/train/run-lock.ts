// One process trains in a folder: two would write the same checkpoints and log.
import { readFile, rm, writeFile } from "node:fs/promises";
import { UsageError } from "../errors.ts";

/** @param path of the file that says who is there @returns lets others in @throws UsageError while another process is there */
export async function takeLock(path: string): Promise<() => Promise<void>> {
  const take = (): Promise<boolean> =>
    writeFile(path, `${process.pid}\n`, { flag: "wx" }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST") return false;
        throw error;
      },
    );
  if (!(await take())) {
    const holder = Number(await readFile(path, "utf8").catch(() => ""));
    if (holder !== process.pid && isRunning(holder)) {
      throw new UsageError(`another process (${holder}) trains in this folder: wait for it, end it, or choose another --out (${path})`);
    }
    // Its process was killed.
    await rm(path, { force: true });
    if (!(await take())) throw new UsageError(`another process has just begun to train in this folder: choose another --out (${path})`);
  }
  return () => rm(path, { force: true });
}

function isRunning(id: number): boolean {
  if (!(Number.isInteger(id) && id > 0)) return false;
  try {
    process.kill(id, 0); // asks only
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // it is somebody else's
  }
}
