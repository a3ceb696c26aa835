// What a developer sees who bundles cria for a page.
import { fileURLToPath } from "node:url";
import { build, type Rolldown } from "vite";
import { expect, it } from "vitest";
import { bundleApp } from "./browser/bundle.ts";

it("Vite bundles the engine, kernels and all, without a word and in less than 1 MB", { timeout: 120_000 }, async () => {
  const { files, warnings } = await bundleApp();
  expect(warnings).toEqual([]);
  expect(Object.keys(files).some((name) => name.includes("engine-worker"))).toBe(true);
  expect(Object.values(files).join("").length).toBeLessThan(1e6);
});

it("Vite splits off OpenAI's calls, for pages that make none", { timeout: 120_000 }, async () => {
  const library = fileURLToPath(new URL("../src/index.ts", import.meta.url));
  const built = await build({
    configFile: false,
    logLevel: "silent",
    build: { write: false, rollupOptions: { input: library, preserveEntrySignatures: "strict" } },
  });
  const chunks = (built as Rolldown.RolldownOutput).output.filter((file) => file.type === "chunk");
  const having = chunks.filter(({ code }) => code.includes("chatcmpl-"));
  expect(having.map(({ isEntry, isDynamicEntry }) => [isEntry, isDynamicEntry])).toEqual([[false, true]]);
});
