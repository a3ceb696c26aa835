// What users install: packed, put into an empty folder and weighed; nothing is built there, and every entry can be imported and required.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

function bytesIn(path: string): number {
  const stat = lstatSync(path);
  return stat.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + bytesIn(join(path, name)), 0) : stat.size;
}

describe("the package", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "cria-package-"));
    const run = (command: string, args: string[], cwd: string): string =>
      execFileSync(command, args, { cwd, encoding: "utf8", stdio: "pipe" });
    const [{ filename }] = JSON.parse(run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root));
    writeFileSync(join(folder, "package.json"), "{}");
    run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", `./${filename}`], folder);
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  const node = (...args: string[]): string => execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" });

  it("weighs less than 25 MB with all that it needs", () => {
    expect(bytesIn(join(folder, "node_modules"))).toBeLessThan(25e6);
  });

  it("brings no native addon, no install script and no test", () => {
    const files = readdirSync(join(folder, "node_modules"), { recursive: true, encoding: "utf8" });
    expect(files.filter((name) => /\.node$|binding\.gyp$/.test(name))).toEqual([]);
    expect(files.filter((name) => name.startsWith("cria/") && /\.test\.|goldens/.test(name))).toEqual([]);
    for (const name of files.filter((file) => /^(@[^/]+\/)?[^/]+\/package\.json$/.test(file))) {
      const { scripts = {} } = JSON.parse(readFileSync(join(folder, "node_modules", name), "utf8"));
      expect(
        Object.keys(scripts).filter((script) => /^(pre|post)?install$/.test(script)),
        name,
      ).toEqual([]);
    }
  });

  it("has entries that can be imported and required, with types", () => {
    const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const entries = Object.keys(exports).filter((entry) => !["./package.json", "./models/*"].includes(entry));
    for (const entry of entries) {
      const name = entry.replace(".", "cria");
      expect(Number(node("--input-type=module", "-e", `console.log(Object.keys(await import("${name}")).length)`)), name).toBeGreaterThan(
        0,
      );
      expect(
        Number(node("--no-warnings", "--experimental-require-module", "-e", `console.log(Object.keys(require("${name}")).length)`)),
        name,
      ).toBeGreaterThan(0);
      expect(existsSync(join(folder, "node_modules/cria", exports[entry].types)), name).toBe(true);
    }
  });

  it("has types that compile without Node's, and with the libraries of 2022", () => {
    const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const entries = Object.keys(exports).filter((entry) => !["./package.json", "./models/*"].includes(entry));
    writeFileSync(join(folder, "use.mts"), entries.map((entry, i) => `export * as a${i} from "${entry.replace(".", "cria")}";`).join("\n"));
    const flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom,dom.iterable", "--types", ""];
    const { status, stdout } = spawnSync(join(root, "node_modules/.bin/tsc"), [...flags, "use.mts"], { cwd: folder, encoding: "utf8" });
    expect(stdout).toBe("");
    expect(status).toBe(0);
  });

  it("has a command that says its version", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect(execFileSync(join(folder, "node_modules/.bin/cria"), ["--version"], { encoding: "utf8" })).toContain(version);
  });
});
