// The Dockerfile and the Kubernetes manifest: what they say to cria is what cria knows, and their own linters have nothing to say.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { flagName, parseFlags } from "../src/cli/flags.ts";
import { command } from "../src/cli/serve.ts";
import { createKeyRing, readKeys } from "../src/serve/keys.ts";

const manifest = readFileSync("deploy/kubernetes.yaml", "utf8");
const dockerfile = readFileSync("Dockerfile", "utf8");

it("start cria by flags that it has", () => {
  const args = /args:\n((?: +- .*\n)+)/
    .exec(manifest)![1]
    .trim()
    .split(/\s*\n? +- |^- /)
    .filter((arg) => arg !== "");
  const { values, rest } = parseFlags(args, command.flags);
  expect(values).toMatchObject({ keys: "/etc/cria/keys.txt", parallel: 16, drain: 60 });
  expect(rest).toEqual(["model=/models/model.gguf"]);
  const entry = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)![1]) as string[];
  expect(entry.slice(0, 2)).toEqual(["cria", "serve"]);
  expect(parseFlags(entry.slice(2), command.flags).values).toMatchObject({ host: "0.0.0.0" });
  const known = Object.keys(command.flags).map(flagName);
  for (const [flag] of `${dockerfile.split("FROM")[0]}${manifest}`.matchAll(/(?<![\w-])--(?!rm\b|read-only\b|help\b)[a-z][a-z-]+/g)) {
    expect(known).toContain(flag);
  }
});

it("wait longer for the end of a replica than cria takes for it", () => {
  const grace = Number(/terminationGracePeriodSeconds: (\d+)/.exec(manifest)![1]);
  const drain = Number(/--drain=(\d+)/.exec(manifest)![1]);
  const pause = Number(/setTimeout\(\(\) => \{\}, (\d+)\)/.exec(manifest)![1]) / 1000;
  expect(grace).toBeGreaterThan(drain + pause);
});

it("have a secret of keys as cria reads it, which lets nobody in", () => {
  const [line] = /nobody sha256:.*/.exec(manifest)!;
  expect(createKeyRing(readKeys(line, "keys.txt")).ownerOf("")).toBeUndefined();
});

/** Whether a program is on this machine. */
function has(program: string): boolean {
  try {
    execFileSync(program, ["--help"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

it.runIf(has("hadolint"))("hadolint has nothing to say about the Dockerfile", () => {
  expect(execFileSync("hadolint", ["Dockerfile"], { encoding: "utf8" })).toBe("");
});

it.runIf(has("kubectl-validate"))("kubectl-validate has nothing to say about the manifest", () => {
  execFileSync("kubectl-validate", ["--version", "1.30", "deploy/kubernetes.yaml"], { stdio: "pipe" });
});
