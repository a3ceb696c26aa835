#!/usr/bin/env node
// Starts dist/cli/main.js. The version is looked at here because an older Node cannot even read what comes after.
import { existsSync } from "node:fs";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`cria: this is Node ${process.versions.node}, Node 20.19 or newer is needed`);
  process.exitCode = 1;
} else if (!existsSync(new URL("../dist/cli/main.js", import.meta.url))) {
  console.error("cria: this checkout is not built yet: run npm ci, or npm run build");
  process.exitCode = 1;
} else {
  import("../dist/cli/main.js").then(({ main }) => main(process.argv.slice(2)));
}
