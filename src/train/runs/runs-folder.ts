// The runs below a folder: each folder in it that holds a log.jsonl, or the folder itself.

import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { UsageError } from "../../errors.ts";
import { logFile } from "../run-log.ts";
import { createRunLog, type RunLog, readOn } from "./run-log-reader.ts";
import { type RunReport, type RunState, reportRun, stateOf } from "./run-report.ts";

/** Of a sweep; a page with more is of no use. The first by name are taken. */
const MOST_RUNS = 1000;

export interface RunsFolder {
  /**
   * Looks for runs that have come or gone, and reads what was written since.
   *
   * @returns names of the runs that have changed
   * @throws UsageError when the folder cannot be read
   */
  refresh(): Promise<ReadonlySet<string>>;
  /** The latest first, unreadable ones last. */
  names(): string[];
  /** @param name one of the names */
  report(name: string): RunReport;
}

/** @param only names of runs that are looked at; without it, all */
export function openRunsFolder(path: string, only?: readonly string[]): RunsFolder {
  const logs = new Map<string, RunLog>();
  const states = new Map<string, RunState>();
  return {
    async refresh() {
      const found = await findLogs(path);
      for (const name of logs.keys()) if (!found.has(name)) logs.delete(name);
      const changed = new Set<string>();
      for (const [name, file] of found) {
        if (only && !only.includes(name)) continue;
        const log = logs.get(name) ?? createRunLog(file);
        const news = await readOn(log);
        const state = stateOf(log, Date.now());
        if (news || !logs.has(name) || state !== states.get(name)) changed.add(name);
        logs.set(name, log);
        states.set(name, state);
      }
      return changed;
    },
    names: () => [...logs].sort(latestFirst).map(([name]) => name),
    report: (name) => reportRun(name, logs.get(name)!, Date.now()),
  };
}

/** Paths of logs by the names of their runs. @throws UsageError when the folder cannot be read */
export async function findLogs(path: string): Promise<Map<string, string>> {
  const own = join(path, logFile);
  if (await exists(own)) return new Map([[basename(resolve(path)), own]]);
  const names = await readdir(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") throw new UsageError(`${path}: there is no such folder: expected one with runs, or that of a run`);
    if (cause.code === "ENOTDIR") throw new UsageError(`${path}: is a file: expected a folder with runs, or that of a run`);
    throw new UsageError(`${path}: cannot be read: ${cause.message}`, { cause });
  });
  const logs = new Map<string, string>();
  for (const name of names.sort()) {
    const file = join(path, name, logFile);
    if (logs.size < MOST_RUNS && (await exists(file))) logs.set(name, file);
  }
  return logs;
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

function latestFirst([nameA, { run: a }]: readonly [string, RunLog], [nameB, { run: b }]: readonly [string, RunLog]): number {
  const [begunA, begunB] = [a.begin?.time ?? "", b.begin?.time ?? ""];
  return Number(begunB > begunA) - Number(begunB < begunA) || (nameA < nameB ? -1 : 1);
}
