// Checkpoints: folders that hold all that a run needs to go on bit for bit. Each is a Hugging Face folder besides, so that whatever opens models opens it.
// One is written under another name and renamed when it is whole; a run that is killed meanwhile leaves the ones before.
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "../errors.ts";
import { openSafetensors, type TensorInput, writeSafetensors } from "../formats/index.ts";
import { checkpointName, checkpointsIn } from "../hub/run-checkpoints.ts";
import { exportHf } from "../model/hf-export.ts";
import { loadWeights } from "../model/load.ts";
import { openCheckpoint } from "../model/open-checkpoint.ts";
import type { Ops, Tensor, Weight } from "../ops/ops.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { type AdamWState, restoreAdamW, type SavedAdamW, saveAdamW } from "./adam-w.ts";
import { diskError } from "./data/disk.ts";
import { modelOf, type TrainedModel } from "./trained-model.ts";

/** Where a run stands. All else follows from the recipe: learning rates and the order of rows are functions of the step. */
export interface Progress {
  /** Steps that were taken. */
  readonly step: number;
}

interface CheckpointContent<W> {
  readonly model: TrainedModel<W>;
  readonly state: AdamWState<W>;
  /** The folder whose files go into the checkpoint. */
  readonly tokenizer: string;
  /** For config.json. */
  readonly ids: Pick<Tokenizer, "bosId" | "eosId">;
  /** How many stay, the latest. */
  readonly keep: number;
}

const optimizerFile = "optimizer.safetensors";
const progressFile = "progress.json";

const damaged = "the checkpoint is damaged, remove its folder to go on from the one before";

/**
 * @param folder of all checkpoints of the run
 * @returns the name of the new one in `folder`
 * @throws UsageError for a full disk and the like
 */
export async function writeCheckpoint<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  folder: string,
  { model, state, tokenizer, ids, keep }: CheckpointContent<W>,
): Promise<string> {
  const name = checkpointName(state.steps);
  const [path, temporary] = [join(folder, name), join(folder, `.${name}.part`)];
  try {
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true });
    const { config, tensors, metadata } = exportHf(model.config, (path) => ops.exportWeight(model.named[path]), ids);
    await write(join(temporary, "config.json"), [config]);
    await write(join(temporary, "model.safetensors"), writeSafetensors(tensors, metadata));
    for (const file of await readdir(tokenizer)) await write(join(temporary, file), [await readFile(join(tokenizer, file))]);
    await write(join(temporary, optimizerFile), writeSafetensors(momentTensors(await saveAdamW(ops, state))));
    await write(join(temporary, progressFile), [`${JSON.stringify({ step: state.steps } satisfies Progress)}\n`]);
    await rm(path, { recursive: true, force: true });
    await rename(temporary, path);
    const old = (await checkpointsIn(folder)).slice(0, -keep);
    for (const name of old) await rm(join(folder, name), { recursive: true });
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw diskError(path, error);
  }
  return name;
}

/** @throws FormatError for a damaged one */
export async function readCheckpoint<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  path: string,
): Promise<{ model: TrainedModel<W>; state: AdamWState<W> }> {
  try {
    return await read(ops, path);
  } catch (cause) {
    // What readers of files advise is meant for downloads.
    if (cause instanceof FormatError) throw new FormatError(`${path}: ${damaged} (${cause.message.replace(/:[^:]*$/, "")})`, { cause });
    throw cause;
  }
}

async function read<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  path: string,
): Promise<{ model: TrainedModel<W>; state: AdamWState<W> }> {
  const checkpoint = await openCheckpoint(path);
  try {
    const model = modelOf(checkpoint.config, await loadWeights(ops, checkpoint));
    const step = await readStep(join(path, progressFile));
    const state = restoreAdamW(
      ops,
      { steps: step, moments: await readMoments(join(path, optimizerFile), Object.keys(model.named)) },
      model.named,
    );
    return { model, state };
  } finally {
    await checkpoint.file.close();
  }
}

async function write(path: string, chunks: AsyncIterable<Uint8Array> | Iterable<string | Uint8Array>): Promise<void> {
  const file = await open(path, "w");
  try {
    for await (const chunk of chunks) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function readStep(path: string): Promise<number> {
  try {
    const { step } = JSON.parse(await readFile(path, "utf8")) as Progress;
    if (Number.isSafeInteger(step) && step >= 0) return step;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw diskError(path, error);
  }
  throw new FormatError(`${path}: tells no step: expected a whole number`);
}

function momentTensors({ moments }: SavedAdamW): TensorInput[] {
  return Object.entries(moments).flatMap(([path, { m, v }]) => [
    { name: `m.${path}`, shape: [m.length], type: "F32" as const, data: bytesOf(m) },
    { name: `v.${path}`, shape: [v.length], type: "F32" as const, data: bytesOf(v) },
  ]);
}

async function readMoments(path: string, weights: readonly string[]): Promise<SavedAdamW["moments"]> {
  const file = await openSafetensors(path);
  try {
    const read = async (name: string): Promise<Float32Array> => {
      const stored = file.tensors.get(name);
      if (!stored) throw new FormatError(`${path}: has no tensor "${name}": it is another model's`);
      return new Float32Array((await stored.read()).slice().buffer);
    };
    const moments: Record<string, { m: Float32Array; v: Float32Array }> = {};
    for (const name of weights) moments[name] = { m: await read(`m.${name}`), v: await read(`v.${name}`) };
    return moments;
  } finally {
    await file.close();
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
