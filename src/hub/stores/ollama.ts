// Models that Ollama holds: manifests/HOST/NAMESPACE/MODEL/TAG is JSON that lists layers, the layer of the weights is a GGUF in blobs/.
// Ollama's own names are kept: llama3.2, llama3.2:1b, user/model:tag, hf.co/owner/repo:tag.
import { isJsonObject, type Json, parseStrictJson } from "../../formats/strict-json.ts";
import { type Environment, folders } from "../environment.ts";
import { filesBelow, type StoreContent, type StoredModel } from "./store.ts";

/** A manifest has a few hundred bytes a layer. */
const maxManifestBytes = 1024 * 1024;

export async function ollamaModels(env?: Environment): Promise<StoreContent> {
  const { join } = process.getBuiltinModule("node:path");
  const content: StoreContent = { models: [], problems: [] };
  for (const root of folders(env).ollama) {
    for (const { name, size } of await filesBelow(join(root, "manifests"))) {
      const [host, namespace, model, tag, ...deeper] = name.split("/");
      if (tag === undefined || deeper.length > 0) continue;
      const shown = `ollama:${nameOf(host, namespace, model, tag)}`;
      const found = size > maxManifestBytes ? `its manifest has ${size} bytes` : await weights(root, name, shown);
      if (typeof found === "string") content.problems.push(`${shown}: ${found}`);
      else content.models.push(found);
    }
  }
  return content;
}

function nameOf(host: string, namespace: string, model: string, tag: string): string {
  const place = host !== "registry.ollama.ai" ? `${host}/${namespace}/` : namespace !== "library" ? `${namespace}/` : "";
  return `${place}${model}${tag === "latest" ? "" : `:${tag}`}`;
}

/** The model that a manifest describes, or why there is none. */
async function weights(root: string, manifest: string, name: string): Promise<StoredModel | string> {
  const { readFile, stat } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  let json: Json;
  try {
    json = parseStrictJson(await readFile(join(root, "manifests", manifest), "utf8"), 8);
  } catch (error) {
    return `its manifest cannot be read (${(error as Error).message})`;
  }
  const layers = isJsonObject(json) && Array.isArray(json.layers) ? json.layers : [];
  const layer = layers.find((entry) => isJsonObject(entry) && entry.mediaType === "application/vnd.ollama.image.model");
  if (!isJsonObject(layer)) return "its manifest names no weights in one GGUF (cloud models and newer safetensors models have none)";
  // The digest becomes a file name, so it has to be one, not a path.
  const digest = /^sha256[:-]([0-9a-f]{64})$/.exec(String(layer.digest));
  if (!digest) return `its manifest gives the digest ${JSON.stringify(layer.digest)}, expected sha256: and 64 hexadecimal digits`;
  const path = join(root, "blobs", `sha256-${digest[1]}`);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return `its weights, ${path}, are missing: pull it again with Ollama`;
  if (typeof layer.size === "number" && layer.size !== found.size)
    return `its weights, ${path}, have ${found.size} bytes of ${layer.size}: pull it again with Ollama`;
  return { name, kind: "file", path, size: found.size };
}
