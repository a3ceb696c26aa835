// A log that grows while it is read. What was read is not read again; the line that is being written is left for the next time.
import { open, stat } from "node:fs/promises";
import { addLine, createRun, type Run } from "./run.ts";

export interface RunLog {
  readonly path: string;
  run: Run;
  /** Bytes that were read, up to the end of a line. */
  offset: number;
  /** Why it cannot be read. */
  problem: string | undefined;
  /** When it was last written, in milliseconds since 1970. */
  modified: number;
  /** As it was when it was last read. */
  seen: string;
  /** Within a line that is too long, which is passed over. */
  passing: boolean;
}

/** Bytes that are read at once, and so the longest line. A line with a configuration has some thousands. */
const CHUNK = 2 ** 20;

export function createRunLog(path: string): RunLog {
  return { path, run: createRun(), offset: 0, problem: undefined, modified: 0, seen: "", passing: false };
}

/** Reads what has come. @returns whether there is something new to tell: what the file system refuses is the log's problem, not the caller's */
export async function readOn(log: RunLog): Promise<boolean> {
  const { problem } = log;
  try {
    const entry = await stat(log.path);
    const seen = `${entry.ino} ${entry.size} ${entry.mtimeMs}`;
    if (seen === log.seen && problem === undefined) return false;
    // Another file of the same name, or the same one emptied.
    if (entry.size < log.offset || (log.seen !== "" && !log.seen.startsWith(`${entry.ino} `))) Object.assign(log, createRunLog(log.path));
    log.problem = entry.isFile() ? undefined : "is no file";
    if (!entry.isFile()) return problem !== log.problem;
    await readLines(log);
    Object.assign(log, { seen, modified: entry.mtimeMs });
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    log.problem = `cannot be read: ${message}`;
    return problem !== log.problem;
  }
}

async function readLines(log: RunLog): Promise<void> {
  const file = await open(log.path);
  try {
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK, log.offset);
      const end = buffer.subarray(0, bytesRead).lastIndexOf(10) + 1;
      if (end === 0 && bytesRead < CHUNK) return;
      if (end === 0) {
        log.passing = true;
        log.offset += bytesRead;
        continue;
      }
      const lines = buffer.toString("utf8", 0, end - 1).split("\n");
      if (log.passing) lines[0] = "";
      log.passing = false;
      for (const line of lines) addLine(log.run, line);
      log.offset += end;
    }
  } finally {
    await file.close();
  }
}
