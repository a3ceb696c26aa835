// Which models a server has, by the words of the command line.
import { basename } from "node:path";
import { UsageError } from "../../errors.ts";
import { listModels } from "../../hub/list.ts";
import { openCheckpoint } from "../../model/open-checkpoint.ts";
import type { KnownModel } from "../../serve/models/registry.ts";
import { bundledModel } from "../bundled-model.ts";
import { defaultModel, placeOf } from "../open-model.ts";

/** @param words MODEL or NAME=MODEL; none: all models on this machine, looked for again each time */
export async function servedModels(words: readonly string[]): Promise<() => Promise<readonly KnownModel[]>> {
  if (words.length === 0) return everyModel;
  const models: KnownModel[] = [];
  for (const word of words) {
    const [, name, ref] = /^([^=/\\:]+)=(.+)$/.exec(word) ?? [];
    const known = { name: name ?? nameOf(word), place: await placeOf(ref ?? word, false) };
    if (models.some((model) => model.name === known.name)) {
      throw new UsageError(`two models are called ${known.name}: give one another name, as NAME=${word}`);
    }
    // Better now than at the first request.
    await (await openCheckpoint(known.place)).file.close();
    models.push(known);
  }
  return async () => models;
}

async function everyModel(): Promise<KnownModel[]> {
  const first = await defaultModel();
  const listed = (await listModels()).models.map(({ name, path, made }) => ({ name, place: path, made }));
  const all = [...listed, { name: bundledModel.name, place: bundledModel.path }];
  return all.sort((a, b) => Number(b.name === first) - Number(a.name === first));
}

/** A path is called by its last part. */
function nameOf(word: string): string {
  return /^hf:/.test(word) ? word : basename(word.replace(/[/\\]+$/, "")).replace(/\.(gguf|safetensors)$/i, "");
}
