// A real server in a process of its own, with the bundled model unless told otherwise.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../bin/cria.js", import.meta.url));
export const bundled: string = fileURLToPath(new URL("../models/llama-cria-stories.gguf", import.meta.url));

export interface TestServer {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it wrote on stderr so far: what it says, and its log. */
  log(): string;
  /** SIGTERM, until it has ended. @returns its exit code */
  stop(): Promise<number | null>;
}

/** @param args of `cria serve` beside the port; a model among them replaces the bundled one */
export async function startTestServer(
  args: readonly string[] = [],
  { models = [`stories=${bundled}`], env = {} }: { models?: readonly string[]; env?: Record<string, string> } = {},
): Promise<TestServer> {
  const child = spawn(process.execPath, [cli, "serve", "--port", "0", "--threads", "1", ...args, ...models], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      log += text;
      const found = /serves at (http:\S+?):? /.exec(log);
      if (found) resolve(found[1].replace(/:$/, ""));
    });
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${log}`)));
  });
  return {
    url,
    child,
    log: () => log,
    async stop() {
      if (child.exitCode !== null) return child.exitCode;
      child.kill("SIGTERM");
      const [code] = await once(child, "exit");
      return code;
    },
  };
}
