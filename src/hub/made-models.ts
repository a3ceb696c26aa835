// Models that were made on this machine: another name for the weights of a model, with a system message and parameters of its own. Node only.
//
//     CRIA_HOME/made/NAME.json    NAME as in a URL, with %2F for a slash
import { UsageError } from "../errors.ts";
import { isJsonObject, parseStrictJson } from "../formats/strict-json.ts";
import { diskError, type Environment, folders } from "./environment.ts";
import { storePrefixes } from "./model-ref.ts";

export interface MadeModel {
  readonly name: string;
  /** The model that it was made of, by its name. */
  readonly from: string;
  readonly kind: "file" | "folder";
  /** Where that one's weights are. */
  readonly path: string;
  readonly system?: string;
  /** By the names that Ollama gives them. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** Letters of a file of settings: it has some hundred; a system message may be long. */
const longestText = 1024 * 1024;
const maxDepth = 8;

/** Words of letters, digits, ".", "_" and "-", as Ollama has them, with "/" or ":" between. */
const nameRule = /^\w[\w.-]*([/:]\w[\w.-]*)*$/;

/** Letters of a name, and of what its file is called by it: that has 255 at most on every file system, ".json.new" among them. */
const longestName = 128;
const longestEncoded = 246;

/** @throws UsageError for a name that cannot be given */
export function checkMadeName(name: string): void {
  if (!nameRule.test(name) || /(^|[/:])\.+([/:]|$)/.test(name) || name === "__proto__")
    throw new UsageError(
      `${JSON.stringify(name)} is no name for a model: expected letters, digits, ".", "_" and "-", with "/" or ":" between`,
    );
  if (name.length > longestName || encodeURIComponent(name).length > longestEncoded)
    throw new UsageError(
      `${name.slice(0, 64)}... is too long a name for a model: expected at most ${longestName} letters, and ${longestEncoded} where "/" and ":" count three times`,
    );
  const prefix = ["hf", ...storePrefixes].find((each) => name.startsWith(`${each}:`));
  if (prefix !== undefined)
    throw new UsageError(`${name}: names that begin with ${prefix}: say where a model comes from: choose another one`);
}

/** Those that there are, and for those that cannot be read why. */
export async function madeModels(env?: Environment): Promise<{ models: MadeModel[]; problems: string[] }> {
  const { readdir, readFile } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  const folder = folderOf(env);
  const found: { models: MadeModel[]; problems: string[] } = { models: [], problems: [] };
  for (const file of (await readdir(folder).catch(() => [])).sort()) {
    if (!file.endsWith(".json")) continue;
    const text = await readFile(join(folder, file), "utf8").catch(() => "");
    const model = text.length <= longestText ? parsed(text) : undefined;
    if (model && fileName(model.name) === file) found.models.push(model);
    else found.problems.push(`${join(folder, file)}: not the description of a model: remove it`);
  }
  return found;
}

function parsed(text: string): MadeModel | undefined {
  try {
    const json = parseStrictJson(text, maxDepth);
    if (!isJsonObject(json) || json.version !== 1) return undefined;
    const { name, from, kind, path, system, parameters } = json;
    if (typeof name !== "string" || typeof from !== "string" || typeof path !== "string") return undefined;
    if (kind !== "file" && kind !== "folder") return undefined;
    return {
      name,
      from,
      kind,
      path,
      ...(typeof system === "string" ? { system } : {}),
      ...(isJsonObject(parameters) ? { parameters } : {}),
    };
  } catch {
    return undefined;
  }
}

/** Replaces one of the same name. @throws UsageError for a name that cannot be given, and settings that are too long; DiskError */
export async function keepMade(model: MadeModel, env?: Environment): Promise<void> {
  const { mkdir, rename, writeFile } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  checkMadeName(model.name);
  const text = JSON.stringify({ version: 1, ...model }, null, 1);
  if (text.length > longestText)
    throw new UsageError(
      `${model.name}: the system message and the parameters have ${text.length} letters: expected ${longestText} at most`,
    );
  const path = join(folderOf(env), fileName(model.name));
  try {
    await mkdir(folderOf(env), { recursive: true });
    await writeFile(`${path}.new`, text, { flush: true });
    await rename(`${path}.new`, path);
  } catch (cause) {
    throw diskError(path, cause);
  }
}

export async function forgetMade(name: string, env?: Environment): Promise<void> {
  const { rm } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  const path = join(folderOf(env), fileName(name));
  await rm(path, { force: true }).catch((cause) => {
    throw diskError(path, cause);
  });
}

function folderOf(env?: Environment): string {
  const { join } = process.getBuiltinModule("node:path");
  return join(folders(env).cria, "made");
}

function fileName(name: string): string {
  return `${encodeURIComponent(name)}.json`;
}
