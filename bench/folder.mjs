// Where benchmarks keep what is too large or too foreign for the repository: models made for them, and the packages they measure beside.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const benchFolder = join(tmpdir(), "cria-bench");

/**
 * Installs packages by npm, once, without running their scripts.
 *
 * @param packages versions by name
 * @param flags further ones of npm install
 * @returns the folder that holds their node_modules
 */
export function installed(name, packages, flags = []) {
  const folder = join(benchFolder, name);
  const manifest = JSON.stringify({ private: true, dependencies: packages });
  const path = join(folder, "package.json");
  if (existsSync(join(folder, "node_modules")) && readFileSync(path, "utf8") === manifest) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, manifest);
  console.error(`installing ${Object.keys(packages).join(", ")} in ${folder}`);
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent", "--ignore-scripts", ...flags], { cwd: folder, stdio: "inherit" });
  return folder;
}

/** @param given a path, or a version that npm has */
export function nodeBinary(given) {
  if (!/^\d+(\.\d+)*$/.test(given)) return given;
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  return join(installed(`node-${given}`, { [name]: given }), "node_modules", name, "bin/node");
}
