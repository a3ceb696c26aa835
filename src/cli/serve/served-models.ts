// Which models a server has, by the words of the command line.
import { basename } from "node:path";
import { UsageError } from "../../errors.ts";
import { listModels } from "../../hub/list.ts";
import { openCheckpoint } from "../../model/open-checkpoint.ts";
import type { KnownModel } from "../../serve/models/registry.ts";
import { bundledModel } from "../bundled-model.ts";
import { defaultModel, placeOf } from "../open-model.ts";
import { note } from "../terminal/output.ts";

/**
 * @param words         MODEL or NAME=MODEL; none: all models on this machine, looked for again each time
 * @param contextLength that was asked for
 * @throws UsageError, FormatError for a model that is not there, or is damaged
 */
export async function servedModels(
  words: readonly string[],
  contextLength: number | undefined,
): Promise<() => Promise<readonly KnownModel[]>> {
  if (words.length === 0) return everyModel;
  const models: KnownModel[] = [];
  for (const word of words) {
    const [, name, ref] = /^([^=/\\:]+)=(.+)$/.exec(word) ?? [];
    const known = { name: name ?? nameOf(word), place: await placeOf(ref ?? word, false) };
    if (models.some((model) => model.name === known.name)) {
      throw new UsageError(`two models are called ${known.name}: give one another name, as OTHER=${ref ?? word}`);
    }
    await lookAt(known, contextLength);
    models.push(known);
  }
  return async () => models;
}

/** What is wrong with a model is better told now than at the first request. */
async function lookAt({ name, place }: KnownModel, contextLength: number | undefined): Promise<void> {
  const { config, file } = await openCheckpoint(place);
  await file.close();
  const { maxSeqLen, positions } = config;
  const stretches = positions.kind === "rope" && positions.scaling?.kind === "dynamic";
  if (contextLength !== undefined && contextLength > maxSeqLen && !stretches) {
    note(`${name} was trained for texts of ${maxSeqLen} tokens: with --ctx ${contextLength}, what goes beyond may be nonsense`);
  }
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
