// Runs bin/cria.js as a process of its own, in a home of its own: no models, no settings and no terminal of the machine are seen.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root: string = join(dirname(fileURLToPath(import.meta.url)), "..");

export const bin: string = join(root, "bin", "cria.js");

if (!existsSync(join(root, "dist", "cli", "main.js"))) throw new Error("dist/cli is missing: run `npm run build` before these tests");

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running process and what it has written so far. */
export interface Running {
  readonly process: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when it has ended. */
  readonly ended: Promise<Outcome>;
}

export interface Home extends Disposable {
  readonly folder: string;
  readonly env: Record<string, string>;
  /** Starts `command`; cria itself by default. */
  start(args: readonly string[], options?: RunOptions): Running;
  /** Runs cria to its end. */
  cria(args: readonly string[], options?: RunOptions): Promise<Outcome>;
}

export interface RunOptions {
  /** All that stdin holds; it is empty by default. "open" leaves it open. */
  readonly input?: string | "open";
  readonly env?: Record<string, string>;
  /** Instead of cria. */
  readonly command?: string;
}

export function makeHome(): Home {
  const folder = mkdtempSync(join(tmpdir(), "cria-cli-"));
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: folder,
    CRIA_HOME: join(folder, "cria"),
    OLLAMA_MODELS: join(folder, "ollama"),
    TERM: "xterm",
  };
  const start = (args: readonly string[], { input = "", env: more, command }: RunOptions = {}): Running => {
    const [program, all] = command === undefined ? [process.execPath, [bin, ...args]] : [command, [...args]];
    const child = spawn(program, all, { cwd: folder, env: { ...env, ...more } });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.stdin.on("error", () => {}); // a process that wants no input closes it
    if (input !== "open") child.stdin.end(input);
    const ended = new Promise<Outcome>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, stdout, stderr }));
    });
    return { process: child, stdout: () => stdout, stderr: () => stderr, ended };
  };
  return {
    folder,
    env,
    start,
    cria: (args, options) => start(args, options).ended,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Waits until `text()` holds `part`. @throws after half a minute, with what came instead */
export async function waitFor(text: () => string, part: string | RegExp): Promise<void> {
  const found = (): boolean => (typeof part === "string" ? text().includes(part) : part.test(text()));
  for (const deadline = Date.now() + 30_000; !found(); ) {
    if (Date.now() > deadline) throw new Error(`waited for ${part}, this came: ${text()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
