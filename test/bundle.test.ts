// What a developer sees who bundles cria for a page.
import { expect, it } from "vitest";
import { bundleApp } from "./browser/bundle.ts";

it("Vite bundles the engine, kernels and all, without a word and in less than 1 MB", { timeout: 120_000 }, async () => {
  const { files, warnings } = await bundleApp();
  expect(warnings).toEqual([]);
  expect(Object.keys(files).some((name) => name.includes("engine-worker"))).toBe(true);
  expect(Object.values(files).join("").length).toBeLessThan(1e6);
});
