// cria list: every model on this machine that can be opened as it is, cria's own first. Node only.
import type { Environment } from "./environment.ts";
import { criaModels } from "./stores/cria.ts";
import { hfCacheModels } from "./stores/hf-cache.ts";
import { lmStudioModels } from "./stores/lm-studio.ts";
import { madeStore } from "./stores/made.ts";
import { ollamaModels } from "./stores/ollama.ts";
import type { StoreContent } from "./stores/store.ts";

export type { StoreContent, StoredModel } from "./stores/store.ts";

/** What was made here, and what cria's cache, Ollama, LM Studio and the Hugging Face cache hold. Stores that are not there are empty. */
export async function listModels(options: { env?: Environment } = {}): Promise<StoreContent> {
  const stores = await Promise.all([madeStore, criaModels, ollamaModels, lmStudioModels, hfCacheModels].map((read) => read(options.env)));
  return { models: stores.flatMap(({ models }) => models), problems: stores.flatMap(({ problems }) => problems) };
}
