// The folders of src/ are layers and imports go one way: layers.grit makes lint say so, and this proves that lint says so. Nor does the library import
// modules of Node.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

interface Diagnostic {
  category: string;
  location: { path: string | { file: string } };
}

const forbidden = [
  ["src/tensor/forbidden.ts", 'import { openGguf } from "../formats/index.ts";'],
  ["src/formats/gguf/forbidden.ts", 'import { load } from "../../llama.ts";'],
  ["src/tokenizer/forbidden.ts", 'export { createReference } from "../ops/reference/index.ts";'],
  ["src/ops/forbidden.ts", 'import { openGguf } from "../formats/index.ts";'],
  ["src/ops/wasm/forbidden.ts", 'import { buildBatch } from "../../model/batch.ts";'],
  ["src/model/hf/forbidden.ts", 'const later = () => import("../../generate/engine.ts");'],
  ["src/generate/forbidden.ts", 'import type { Llama } from "../llama.ts";'],
  ["src/chat/jinja/forbidden.ts", 'import { main } from "../../cli/main.ts";'],
  ["src/wires/openai/forbidden.ts", 'import { load } from "../../llama.ts";'],
  ["src/chat/wire.ts", 'import { merge } from "../wires/merge.ts";'],
  ["src/train/server.ts", 'import { startServer } from "../serve/server.ts";'],
  ["src/llama.ts", 'import { main } from "./cli/main.ts";'],
  ["src/errors.ts", 'import { nearest } from "./nearest.ts";'],
  ["src/nearest.ts", 'import { UsageError } from "./errors.ts";'],
  ["src/train/data/forbidden.ts", 'import { main } from "../../cli/main.ts";'],
  ["src/chat/forbidden.ts", 'import { something } from "../train/something.ts";'],
  ["src/index.ts", 'export { main } from "./cli/main.ts";'],
  ["src/cli/forbidden.ts", 'import { load } from "../index.ts";'],
  ["src/tensor/into-new.ts", 'import { something } from "../brand-new/something.ts";'],
  ["src/cli/chat/into-new.ts", 'import { something } from "../../brand-new/something.ts";'],
  ["src/brand-new/forbidden.ts", 'import { UsageError } from "../errors.ts";'],
  ["src/ops/wasm/kernels/forbidden.ts", 'import { openGguf } from "../../../formats/index.ts";'],
  ["src/ops/a/b/c/forbidden.ts", 'import { UsageError } from "../../../../errors.ts";'],
  // Not from Node either, where bundlers for browsers would look for it.
  ["src/hub/stores/node.ts", 'import { join } from "node:path";'],
  ["src/ops/wasm/node.ts", 'const later = () => import("node:os");'],
];

const allowed = [
  ["src/formats/gguf/allowed.ts", 'import { FormatError } from "../../errors.ts";'],
  ["src/ops/reference/allowed.ts", 'export { dequantize } from "../../formats/quant/index.ts";'],
  ["src/model/allowed.ts", 'export { openGguf } from "../formats/index.ts";'],
  ["src/chat/allowed.ts", 'export { generate } from "../generate/generate.ts";'],
  ["src/wires/openai/allowed.ts", 'export type { AnswerEvent } from "../../chat/answer.ts";'],
  ["src/serve/models/allowed.ts", 'export { load } from "../../llama.ts";'],
  ["src/serve/openai/allowed.ts", 'export { merge } from "../../wires/merge.ts";'],
  ["src/cli/serve/allowed.ts", 'export { startServer } from "../../serve/server.ts";'],
  ["src/serve/node.ts", 'import "node:http";'],
  ["src/train/data/allowed.ts", 'export { load } from "../../llama.ts";'],
  ["src/cli/data.ts", 'export { something } from "../train/data/something.ts";'],
  ["src/cli/allowed.ts", 'export { load } from "../llama.ts";'],
  ["src/index.test.ts", 'export { load } from "./llama.ts";'],
  ["src/nearest.test.ts", 'export { nearest } from "./nearest.ts";'],
  ["src/tensor/allowed.ts", 'export { nearest } from "../nearest.ts";'],
  ["src/ops/wasm/allowed.ts", 'export type { Ops } from "../ops.ts";'],
  ["src/ops/wasm/sibling.ts", 'export { createReference } from "../reference/index.ts";'],
  ["src/ops/wasm/kernels/allowed.ts", 'export { dequantize } from "../../../formats/quant/index.ts";'],
  ["src/hub/allowed.test.ts", 'export { goldenPath } from "../../test/goldens.ts";'],
  ["src/hub/stores/allowed.ts", 'export type { Hash } from "node:crypto";'],
  ["src/hub/node.test.ts", 'import "node:fs";'],
  ["src/cli/node.ts", 'const later = () => import("node:os");'],
];

/** layers.grit, and Biome's rule against modules of Node, which biome.json sets for the library. */
const rules = ["plugin", "lint/correctness/noNodejsModules"];

describe("imports go one way", () => {
  let folder: string;
  /** Files in which lint found an import that is not allowed. */
  let refused: Set<string>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "cria-layers-"));
    const config = JSON.parse(readFileSync(join(root, "biome.json"), "utf8"));
    writeFileSync(join(folder, "biome.json"), JSON.stringify({ ...config, vcs: undefined }));
    copyFileSync(join(root, "layers.grit"), join(folder, "layers.grit"));
    for (const [file, code] of [...forbidden, ...allowed]) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), code);
    }
    const args = ["lint", "--reporter=json", "--max-diagnostics=none", "."];
    const { stdout } = spawnSync(join(root, "node_modules/.bin/biome"), args, { cwd: folder, encoding: "utf8" });
    const { diagnostics } = JSON.parse(stdout);
    const found = diagnostics.filter(({ category }: Diagnostic) => rules.includes(category));
    refused = new Set(found.map(({ location }: Diagnostic) => pathOf(location.path)));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const pathOf = (path: string | { file: string }): string => (typeof path === "string" ? path : path.file).replace(/^\.\//, "");

  it.each(forbidden)("%s may not contain: %s", (file) => expect(refused).toContain(file));
  it.each(allowed)("%s may contain: %s", (file) => expect(refused).not.toContain(file));
});
