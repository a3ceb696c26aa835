// One process trains in a folder: two would write the same checkpoints and log. A lock is a file that says who holds it; that of a process which was killed is
// taken over.
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { UsageError } from "../errors.ts";

/** Those that this process holds. */
const held = new Set<string>();

/** @param path of the lock's file @returns gives it back @throws UsageError while somebody else holds it */
export async function takeLock(path: string): Promise<() => Promise<void>> {
  const file = resolve(path);
  if (held.has(file)) throw busy(process.pid, path);
  held.add(file);
  try {
    if (!(await place(file))) {
      await removeDead(file, path);
      if (!(await place(file))) throw busy(await readFile(file, "utf8").catch(() => ""), path);
    }
  } catch (error) {
    held.delete(file);
    throw error;
  }
  return async () => {
    held.delete(file);
    await rm(file, { force: true });
  };
}

/** Puts the lock there with its content at once. @returns false where there is one */
async function place(file: string): Promise<boolean> {
  const own = `${file}.${process.pid}`;
  try {
    await writeFile(own, me());
    await link(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/** Moves the lock of a dead process away, and puts it back if it is another one by then. */
async function removeDead(file: string, path: string): Promise<void> {
  const holder = await readFile(file, "utf8").catch(() => undefined);
  if (holder === undefined) return; // it was given back meanwhile
  if (isAlive(holder)) throw busy(holder, path);
  const aside = `${file}.${process.pid}.dead`;
  await rename(file, aside).catch(() => {});
  const moved = await readFile(aside, "utf8").catch(() => holder);
  if (moved !== holder) await rename(aside, file);
  else await rm(aside, { force: true });
}

function me(): string {
  return `${process.pid} ${hostname()}\n`;
}

/** Of a process of another machine nothing is known: it is taken to live. */
function isAlive(holder: string): boolean {
  const [id, host] = holder.trim().split(" ");
  if (host !== hostname()) return true;
  if (Number(id) === process.pid) return false; // of an earlier process with this number: what this one holds it knows
  try {
    process.kill(Number(id), 0); // asks only
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // it is somebody else's
  }
}

function busy(holder: string | number, path: string): UsageError {
  return new UsageError(
    `another run (process ${String(holder).trim()}) trains in this folder: wait for it, end it, or choose another --out; if it is gone, remove ${path}`,
  );
}
