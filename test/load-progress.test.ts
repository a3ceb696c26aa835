// load() tells of the download as it tells of the weights.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { load } from "../src/llama.ts";
import type { LoadProgress } from "../src/model/load.ts";
import { startFakeHub } from "./fake-hub.ts";
import { goldenPath } from "./goldens.ts";

afterEach(() => vi.unstubAllEnvs());

it("reports the download of an hf: name, then its weights; only these once the model is here", async () => {
  const folder = goldenPath("models/llama2-gqa")!;
  const files = Object.fromEntries(
    await Promise.all(["config.json", "model.safetensors"].map(async (name) => [name, await readFile(join(folder, name))])),
  );
  await using hub = await startFakeHub({ "meta/tiny": { files } });
  const home = await mkdtemp(join(tmpdir(), "cria-load-"));
  vi.stubEnv("HOME", home);
  vi.stubEnv("CRIA_HOME", home);
  vi.stubEnv("HF_ENDPOINT", hub.endpoint);
  try {
    const phasesOf = async (): Promise<Map<string, LoadProgress>> => {
      const last = new Map<string, LoadProgress>();
      await using _ = await load("hf:meta/tiny", { backend: "reference", onProgress: (progress) => last.set(progress.phase, progress) });
      return last;
    };
    const first = await phasesOf();
    expect([...first.keys()]).toEqual(["download", "load"]);
    expect(first.get("download")?.totalBytes).toBe(files["config.json"].length + files["model.safetensors"].length);
    for (const { loadedBytes, totalBytes } of first.values()) expect(loadedBytes).toBe(totalBytes);
    expect([...(await phasesOf()).keys()]).toEqual(["load"]);
  } finally {
    await rm(home, { recursive: true });
  }
});
