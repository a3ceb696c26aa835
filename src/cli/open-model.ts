// From the flag --model to a loaded model, with progress bars for what takes long.
import { UsageError } from "../errors.ts";
import { listModels, type StoredModel } from "../hub/list.ts";
import type { PullProgress } from "../hub/pull.ts";
import { showBytes } from "../hub/repo-models.ts";
import { resolveModel } from "../hub/resolve.ts";
import { type BackendName, type Llama, load } from "../llama.ts";
import type { LoadProgress } from "../model/load.ts";
import { interruption } from "./interrupt.ts";
import { createProgress } from "./terminal/progress.ts";

export interface OpenOptions {
  readonly model: string | undefined;
  readonly backend: BackendName;
  readonly threads: number | undefined;
  readonly exact: boolean;
  readonly turbo: boolean;
  readonly kvType: "f32" | "f16" | "q8_0";
  readonly ctx: number | undefined;
  readonly quiet: boolean;
}

/** A loaded model, and the name that it goes by. */
export interface OpenedModel {
  readonly name: string;
  readonly llama: Llama;
}

/** Finds a model, pulls it if need be, and loads it. Ctrl-C stops all of that. */
export async function openModel({ model, ctx, quiet, backend, threads, exact, turbo, kvType }: OpenOptions): Promise<OpenedModel> {
  const name = model ?? (await onlyModel());
  const bars = new Map<string, ReturnType<typeof createProgress>>(); // one for each phase, with a clock of its own
  const onProgress = ({ phase, loadedBytes, totalBytes, file }: LoadProgress): void => {
    const bar = bars.get(phase) ?? createProgress(phase === "download" ? "pulling" : "loading", showBytes, quiet);
    bars.set(phase, bar);
    bar.update(loadedBytes, totalBytes, file);
  };
  try {
    const engine = { backend, threads, exact, turbo, kvType, relaxedSimd: true };
    return { name, llama: await load(name, { ...engine, contextLength: ctx, signal: interruption(), onProgress }) };
  } finally {
    for (const bar of bars.values()) bar.end();
  }
}

/** The path or the URL of a model; one that is not here yet is pulled. */
export async function placeOf(name: string, quiet: boolean): Promise<string | URL> {
  const bar = createPullProgress(quiet);
  try {
    const place = await resolveModel(name, { signal: interruption(), onProgress: bar.update });
    return place.kind === "url" ? new URL(place.url) : place.path;
  } finally {
    bar.end();
  }
}

export function createPullProgress(quiet: boolean): { update: (progress: PullProgress) => void; end: () => void } {
  const bar = createProgress("pulling", showBytes, quiet);
  return { update: ({ file, done, total }) => bar.update(done, total, file), end: bar.end };
}

/**
 * The model that is meant when none is named: the newest of cria's own, or the only one of another program.
 *
 * @throws UsageError telling in two lines how to name or to pull one
 */
export async function onlyModel(): Promise<string> {
  const { models } = await listModels();
  const own = models.filter(({ name }) => name.startsWith("hf:"));
  if (own.length > 0) return newest(own);
  if (models.length === 1) return models[0].name;
  if (models.length > 1) {
    throw new UsageError(
      `several models are on this machine: name one, as in: cria --model ${models[0].name}\nSee them all with: cria list`,
    );
  }
  throw new UsageError(
    "no model was named, and none is on this machine: name a file, as in: cria --model PATH.gguf\n" +
      "or pull one (270 MB), then start again: cria pull hf:HuggingFaceTB/SmolLM2-135M-Instruct",
  );
}

async function newest(models: readonly StoredModel[]): Promise<string> {
  const { stat } = await import("node:fs/promises");
  const times = await Promise.all(models.map(async ({ path }) => (await stat(path)).mtimeMs));
  return models[times.indexOf(Math.max(...times))].name;
}
