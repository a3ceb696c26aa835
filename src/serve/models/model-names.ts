// By which names a model is found: its own, and those that Ollama's clients have for it.
import { parseModelRef, showHubRef, storePrefixes } from "../../hub/model-ref.ts";
import { isQuantisation } from "../../hub/repo-models.ts";

/** By the whole name; or by what follows the store where it comes from, if that leaves no doubt: Ollama's clients do not say "ollama:llama3.2". */
export function byName<M extends { readonly name: string }>(models: readonly M[], given: string): M | undefined {
  const exact = models.find(({ name }) => sameName(name, given));
  if (exact) return exact;
  const inStores = models.filter(({ name }) => storePrefixes.some((store) => name.startsWith(`${store}:`)));
  const [only, ...others] = inStores.filter(({ name }) => sameName(name.slice(name.indexOf(":") + 1), given));
  return others.length === 0 ? only : undefined;
}

/** Ollama's clients add ":latest" to a name without a tag, and have names of their own for models of the hub: hf.co/owner/repo:Q4_K_M. */
function sameName(known: string, given: string): boolean {
  if (known === given || `${known}:latest` === given) return true;
  if (!/^(hf\.co|huggingface\.co)\//i.test(given)) return false;
  const ref = parseModelRef(given);
  if (ref.kind !== "hub") return false;
  const { quantisation } = ref.model;
  const start = showHubRef(ref.model);
  const file = known === start ? "" : known.startsWith(`${start}/`) ? known.slice(start.length + 1) : undefined;
  return file !== undefined && (quantisation === undefined || isQuantisation(file, quantisation));
}
