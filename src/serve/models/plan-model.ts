// How a model will be loaded and how much memory that takes, read from the head of its file.
import { cacheLayout } from "../../generate/engine.ts";
import { planMemory } from "../../generate/memory-plan.ts";
import { defaultContextLength } from "../../llama.ts";
import { openCheckpoint } from "../../model/open-checkpoint.ts";
import type { ModelTask } from "./protocol.ts";

/** How every model of a server is loaded. */
export interface EngineSettings extends Omit<ModelTask["options"], "cacheTokens"> {
  /** Full contexts that the cache of a model holds; of shorter texts more. */
  readonly contexts: number;
}

/** @returns what its thread starts with, and the bytes of its weights, its cache and what passes through the layers @throws as load() */
export async function planModel(
  place: string | URL,
  { contexts, ...options }: EngineSettings,
): Promise<{ task: ModelTask; bytes: number }> {
  const checkpoint = await openCheckpoint(place);
  try {
    const { config } = checkpoint;
    const contextLength = options.contextLength ?? defaultContextLength(config);
    const cacheTokens = contexts * contextLength;
    const { total } = planMemory(checkpoint, cacheLayout(config, cacheTokens), options.kvType);
    return {
      task: { place: typeof place === "string" ? place : { url: place.href }, options: { ...options, contextLength, cacheTokens } },
      bytes: total,
    };
  } finally {
    await checkpoint.file.close();
  }
}
