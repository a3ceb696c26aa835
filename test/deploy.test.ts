// The Dockerfile and the Kubernetes manifest: what they say to cria is what cria knows, and linters have nothing to say.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { validate } from "dockerfile-utils";
import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
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

it("the Dockerfile is one: its instructions, their flags and what they are given", () => {
  expect(validate(dockerfile)).toEqual([]);
  expect(validate(dockerfile.replace("--interval=", "--intervall="))).toHaveLength(1);
});

/** As TypeScript: each object of the manifest under the type that Kubernetes has for its kind, which knows no other fields. */
function typed(yaml: string): string {
  const documents = parseAllDocuments(yaml);
  for (const { errors } of documents) expect(errors).toEqual([]);
  const objects = documents.map((document) => document.toJS() as { apiVersion: string; kind: string });
  return objects
    .map(({ apiVersion, kind, ...fields }, i) => {
      const [group, version] = apiVersion.includes("/") ? apiVersion.replace(".k8s.io", "").split("/") : ["core", apiVersion];
      const type = `import("kubernetes-types/${group}/${version}").${kind}`;
      return `export const object${i}: ${type} = ${JSON.stringify({ apiVersion, kind, ...fields }, null, 1)};`;
    })
    .join("\n");
}

it("the manifest has the fields that Kubernetes knows, of their types", () => {
  const folder = mkdtempSync(join(tmpdir(), "cria-deploy-"));
  try {
    symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "manifest.ts"), typed(manifest));
    writeFileSync(join(folder, "mistyped.ts"), typed(manifest.replace("maxSkew: 1", "maxSkew: one").replaceAll("periodSeconds", "period")));
    const files = ["manifest.ts", "mistyped.ts"].map((name) => join(folder, name));
    const tsc = resolve("node_modules/typescript/bin/tsc");
    const { stdout } = spawnSync(
      process.execPath,
      [tsc, "--ignoreConfig", "--noEmit", "--strict", "--types", "", "--module", "nodenext", ...files],
      {
        cwd: folder,
        encoding: "utf8",
      },
    );
    const wrong = stdout.split("\n").filter((line) => line.includes(": error "));
    expect(wrong).toEqual(wrong.filter((line) => line.startsWith("mistyped.ts(")));
    expect(wrong).toHaveLength(4);
  } finally {
    rmSync(folder, { recursive: true });
  }
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
