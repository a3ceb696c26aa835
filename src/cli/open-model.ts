// From the flag --model to a loaded model, with progress bars for what takes long.
import { stat } from "node:fs/promises";
import { listModels } from "../hub/list.ts";
import { madeModels } from "../hub/made-models.ts";
import type { PullProgress } from "../hub/pull.ts";
import { showBytes } from "../hub/repo-models.ts";
import { resolveModel } from "../hub/resolve.ts";
import { type BackendName, type Llama, load } from "../llama.ts";
import type { LoadProgress } from "../model/load.ts";
import { bundledModel, withBundled } from "./bundled-model.ts";
import { interruption } from "./interrupt.ts";
import { note } from "./terminal/output.ts";
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
  const name = model ?? (await defaultModel());
  const bars = new Map<string, ReturnType<typeof createProgress>>(); // one for each phase, with a clock of its own
  const onProgress = ({ phase, loadedBytes, totalBytes, file }: LoadProgress): void => {
    const bar = bars.get(phase) ?? createProgress(phase === "download" ? "pulling" : "loading", showBytes, quiet);
    bars.set(phase, bar);
    bar.update(loadedBytes, totalBytes, file);
  };
  try {
    const made = model === undefined ? undefined : (await madeModels()).models.find((each) => each.name === model);
    if (made?.system ?? made?.parameters) note(`${name} has settings of its own: cria serve goes by them, this command does not`);
    const engine = { backend, threads, exact, turbo, kvType, relaxedSimd: true };
    return { name, llama: await load(withBundled(name), { ...engine, contextLength: ctx, signal: interruption(), onProgress }) };
  } finally {
    for (const bar of bars.values()) bar.end();
  }
}

/** The path or the URL of a model; one that is not here yet is pulled. */
export async function placeOf(name: string, quiet: boolean): Promise<string | URL> {
  const bar = createPullProgress(quiet);
  try {
    const place = await resolveModel(withBundled(name), { signal: interruption(), onProgress: bar.update });
    return place.kind === "url" ? new URL(place.url) : place.path;
  } finally {
    bar.end();
  }
}

export function createPullProgress(quiet: boolean): { update: (progress: PullProgress) => void; end: () => void } {
  const bar = createProgress("pulling", showBytes, quiet);
  return { update: ({ file, done, total }) => bar.update(done, total, file), end: bar.end };
}

/** The model that is meant when none is named: the newest that cria pulled, or the one that comes with it. */
export async function defaultModel(): Promise<string> {
  const pulled = (await listModels()).models.filter(({ name }) => name.startsWith("hf:"));
  if (pulled.length === 0) return bundledModel.name;
  const times = await Promise.all(pulled.map(async ({ path }) => (await stat(path)).mtimeMs));
  return pulled[times.indexOf(Math.max(...times))].name;
}
