// The folders of src/ are layers and imports go one way: lint says so, and this proves that lint says so.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

const forbidden = [
  ["src/tensor/forbidden.ts", 'import { openGguf } from "../formats/index.ts";'],
  ["src/formats/gguf/forbidden.ts", 'import { load } from "../../llama.ts";'],
  ["src/tokenizer/forbidden.ts", 'export { createReference } from "../ops/reference/index.ts";'],
  ["src/ops/forbidden.ts", 'import { openGguf } from "../formats/index.ts";'],
  ["src/ops/wasm/forbidden.ts", 'import { buildBatch } from "../../model/batch.ts";'],
  ["src/model/hf/forbidden.ts", 'const later = () => import("../../generate/engine.ts");'],
  ["src/generate/forbidden.ts", 'import type { Llama } from "../llama.ts";'],
  ["src/chat/jinja/forbidden.ts", 'import { main } from "../../cli/main.ts";'],
  ["src/llama.ts", 'import { main } from "./cli/main.ts";'],
];

const allowed = [
  ["src/formats/gguf/allowed.ts", 'import { FormatError } from "../../errors.ts";'],
  ["src/ops/reference/allowed.ts", 'export { dequantize } from "../../formats/quant/index.ts";'],
  ["src/model/allowed.ts", 'export { openGguf } from "../formats/index.ts";'],
  ["src/chat/allowed.ts", 'export { generate } from "../generate/generate.ts";'],
  ["src/cli/allowed.ts", 'export { load } from "../llama.ts";'],
];

describe("imports go one way", () => {
  let folder: string;
  /** Files in which the layer rules found something. */
  let refused: Set<string>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "cria-layers-"));
    const config = JSON.parse(readFileSync(join(root, "biome.json"), "utf8"));
    writeFileSync(join(folder, "biome.json"), JSON.stringify({ ...config, vcs: undefined }));
    for (const [file, code] of [...forbidden, ...allowed]) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), code);
    }
    const args = ["lint", "--only=style/noRestrictedImports", "--reporter=json", "--max-diagnostics=none", "."];
    const { stdout } = spawnSync(join(root, "node_modules/.bin/biome"), args, { cwd: folder, encoding: "utf8" });
    const { diagnostics } = JSON.parse(stdout);
    refused = new Set(diagnostics.map((d: { location: { path: string | { file: string } } }) => pathOf(d.location.path)));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const pathOf = (path: string | { file: string }): string => (typeof path === "string" ? path : path.file).replace(/^\.\//, "");

  it.each(forbidden)("%s may not contain: %s", (file) => expect(refused).toContain(file));
  it.each(allowed)("%s may contain: %s", (file) => expect(refused).not.toContain(file));
});
