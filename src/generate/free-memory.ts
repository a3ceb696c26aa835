// How much memory a process of Node may still take. Browsers do not tell.

/** @returns bytes; undefined where nobody knows */
export async function freeMemory(): Promise<number | undefined> {
  if (typeof process !== "object" || !process.versions?.node) return undefined;
  const { freemem, totalmem } = process.getBuiltinModule("node:os");
  // macOS counts what it would give at once, without the files that it keeps and what it can compress: nearly nothing on a healthy machine.
  if (process.platform === "darwin") return totalmem();
  const available = process.availableMemory?.() ?? freemem();
  // In a container with a limit the cache of files counts as used, though it makes place: of a model just downloaded, all of it.
  const cached = available < freemem() ? await cachedFiles() : 0;
  return Math.min(available + cached, freemem());
}

/** Bytes of files that this process's control group (Linux) keeps in memory, and of which nobody made use lately. */
async function cachedFiles(): Promise<number> {
  const { readFile } = process.getBuiltinModule("node:fs/promises");
  const read = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");
  const group = /^0::(.*)$/m.exec(await read("/proc/self/cgroup"))?.[1] ?? "";
  const stat = (await read(`/sys/fs/cgroup${group}/memory.stat`)) || (await read("/sys/fs/cgroup/memory.stat"));
  return Number(/^inactive_file (\d+)$/m.exec(stat)?.[1] ?? 0);
}
