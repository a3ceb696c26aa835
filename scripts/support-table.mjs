// Writes docs/support.md anew: runs the test that compares it with the code's tables, and lets it keep what it finds.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const { status } = spawnSync("npx", ["vitest", "run", "test/support.test.ts", "-u"], { cwd: root, stdio: "inherit" });
process.exitCode = status ?? 1;
