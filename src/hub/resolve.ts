// From a model's name to what can be opened: a file, a folder or a URL. Importable in browsers, where URLs pass through and hf: names with a
// file become URLs; the rest needs a file system.
import { UnsupportedError, UsageError } from "../errors.ts";
import { filesOnDisk, readManifest, revisionFolder } from "./cache.ts";
import type { Environment } from "./environment.ts";
import { listModels } from "./list.ts";
import { type HubRef, parseModelRef, showHubRef } from "./model-ref.ts";
import { type PullOptions, pullModel } from "./pull.ts";
import { chooseModel, fileOfQuantisation, isQuantisation, modelsIn, type NamedFile } from "./repo-models.ts";
import { hubAt } from "./request.ts";
import { isRun, lastCheckpoint } from "./run-checkpoints.ts";
import { hfSnapshot } from "./stores/hf-cache.ts";
import { storedModel } from "./stores/store.ts";

export type ModelPlace = { readonly kind: "file" | "folder"; readonly path: string } | { readonly kind: "url"; readonly url: string };

/**
 * Finds the model that a name means (see {@link parseModelRef}). An hf: name is looked for in cria's cache, then in the Hugging Face cache,
 * and pulled when neither has it; nothing is asked of the hub for a model that is here, `pull` does that.
 * @throws UsageError for a name that leads nowhere, telling what was tried
 */
export async function resolveModel(ref: string, options: PullOptions = {}): Promise<ModelPlace> {
  const parsed = parseModelRef(ref);
  if (parsed.kind === "url") return parsed;
  if (!globalThis.process?.versions?.node) return inBrowser(ref, parsed.kind === "hub" ? parsed.model : undefined, options);
  if (parsed.kind === "hub") {
    return (await onDisk(parsed.model, options.env)) ?? (await ofOllama(ref, options.env)) ?? place(await pullModel(parsed.model, options));
  }
  if (parsed.kind === "stored") return byName(parsed.name, options.env);
  return (await atPath(parsed.text)) ?? byName(parsed.text, options.env);
}

function place({ kind, path }: { kind: "file" | "folder"; path: string }): ModelPlace {
  return { kind, path };
}

function inBrowser(ref: string, model: HubRef | undefined, options: PullOptions): ModelPlace {
  if (!model) throw new UnsupportedError(`${ref}: a browser has no file system: give an https URL, hf:owner/repo/file, a Blob or a File`);
  if (model.file === undefined) throw new UsageError(`${ref}: in a browser the file has to be named: hf:${model.repo}/FILE.gguf`);
  const path = [model.repo, "resolve", encodeURIComponent(model.revision), ...model.file.split("/").map(encodeURIComponent)].join("/");
  return { kind: "url", url: `${hubAt(options).endpoint}/${path}` };
}

/** A model of the hub that is already here; undefined when it has to be pulled. */
async function onDisk(model: HubRef, env: Environment | undefined): Promise<ModelPlace | undefined> {
  const { join } = process.getBuiltinModule("node:path");
  const own = revisionFolder(model, env);
  const holdings = [{ folder: join(own, "files"), files: await filesOnDisk(own, await readManifest(own)) }, await hfSnapshot(model, env)];
  for (const holding of holdings) {
    if (!holding || !has(holding.files, model)) continue;
    const where = showHubRef({ ...model, file: undefined });
    const wanted = model.quantisation === undefined ? model.file : fileOfQuantisation(holding.files, model.quantisation, where);
    return place(storedModel("", holding.folder, chooseModel(holding.files, wanted, where)));
  }
  return undefined;
}

function has(files: readonly NamedFile[], { file: wanted, quantisation }: HubRef): boolean {
  const models = modelsIn(files);
  if (quantisation !== undefined) return models.some(({ file }) => file !== undefined && isQuantisation(file, quantisation));
  return wanted === undefined ? models.length > 0 : models.some(({ file }) => file === wanted);
}

/** Ollama's own copy of a model of the hub has the name that Ollama pulled it by. */
async function ofOllama(ref: string, env: Environment | undefined): Promise<ModelPlace | undefined> {
  if (ref.startsWith("hf:")) return undefined;
  const found = (await listModels({ env })).models.find(({ name }) => name === `ollama:${ref}`);
  return found && place(found);
}

async function atPath(path: string): Promise<ModelPlace | undefined> {
  const { stat } = process.getBuiltinModule("node:fs/promises");
  const { fileURLToPath } = process.getBuiltinModule("node:url");
  const local = /^file:\/\//i.test(path) ? fileURLToPath(path) : path;
  const found = await stat(local).catch(() => undefined);
  if (!found?.isDirectory()) return found && { kind: "file", path: local };
  const checkpoint = await lastCheckpoint(local);
  if (checkpoint === undefined && (await isRun(local))) {
    throw new UsageError(`${path}: this training run has no checkpoint yet: wait for its first one`);
  }
  return { kind: "folder", path: checkpoint ?? local };
}

/** A name from the list, complete, or without what stands before its colon where that leaves no doubt. */
async function byName(name: string, env: Environment | undefined): Promise<ModelPlace> {
  const { models, problems } = await listModels({ env });
  const same = (known: string): boolean => known === name || known === `${name}:latest` || `${known}:latest` === name;
  const exact = models.filter((model) => same(model.name));
  const matches = exact.length > 0 ? exact : models.filter((model) => same(model.name.slice(model.name.indexOf(":") + 1)));
  if (matches.length === 1 || exact.length > 0) return place(matches[0]);
  if (matches.length > 1) throw new UsageError(`${name} may be ${matches.map((model) => model.name).join(" or ")}: give the whole name`);

  const problem = problems.find((sentence) => sentence.startsWith(`${name}: `));
  if (problem) throw new UsageError(problem);
  const known =
    models.length > 0 ? `one of\n  ${models.map((model) => model.name).join("\n  ")}` : "a name from `cria list` (which is empty now)";
  throw new UsageError(
    `${name}: no such file or folder, and no model of that name on this machine: give a path, hf:owner/repo[/file], an https URL, or ${known}`,
  );
}
