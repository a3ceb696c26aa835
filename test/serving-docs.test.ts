// What docs/serving.md shows is run: every example, as plain JavaScript or by a shell, against a real server.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "./start-server.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const page = readFileSync(join(root, "docs/serving.md"), "utf8");

/** The heading above each example, its language and its code. */
const examples = page.split(/^## /m).flatMap((section) => {
  const [heading] = section.split("\n");
  return Array.from(section.matchAll(/```(js|sh)\n(.*?)```/gs), ([, language, code], i) => ({
    name: `${heading} ${i + 1}`,
    language,
    code,
  }));
});

describe("docs/serving.md", () => {
  let server: TestServer;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "cria-serving-"));
    mkdirSync(join(folder, "node_modules"));
    for (const name of readdirSync(join(root, "node_modules")))
      symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
    symlinkSync(root, join(folder, "node_modules/cria"));
    symlinkSync(join(root, "models/llama-cria-stories.gguf"), join(folder, "model.gguf"));
    server = await startTestServer();
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  it("has examples of at most five lines beside what they import", () => {
    expect(examples.length).toBeGreaterThan(1);
    for (const { name, language, code } of examples) {
      const lines = code
        .trim()
        .split("\n")
        .filter((line) => !line.startsWith("import "));
      if (language === "js") expect(lines.length, name).toBeLessThanOrEqual(5);
    }
  });

  it.each(examples)("$name ($language)", { timeout: 60_000 }, async ({ name, language, code }) => {
    const here = code.replaceAll("http://127.0.0.1:2742", server.url);
    const file = join(folder, language === "js" ? "example.mjs" : "example.sh");
    writeFileSync(file, here);
    const child = spawn(language === "js" ? process.execPath : "bash", language === "js" ? [file] : ["-e", file], { cwd: folder });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (data) => (stdout += data));
    child.stderr.on("data", (data) => (stderr += data));
    const exit = await new Promise((resolve) => child.on("close", resolve));
    expect(exit, `${name}: ${stderr}`).toBe(0);
    expect(stdout).not.toBe("");
    expect(stdout).not.toMatch(/"error"/);
  });
});
