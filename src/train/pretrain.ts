// Pretraining: the loop. What a step is, stands in step.ts; which rows it sees, in batches.ts; what a run leaves behind, in run-folder.ts.
import { setImmediate } from "node:timers/promises";
import { freeMemory } from "../generate/free-memory.ts";
import { checkpointsIn } from "../hub/run-checkpoints.ts";
import { trainingFlops } from "../model/flops.ts";
import { parameterCount } from "../model/weights.ts";
import type { Ops, Tensor, Weight } from "../ops/ops.ts";
import { type AdamWState, beginAdamW } from "./adam-w.ts";
import { trainingBatches, validationBatches } from "./batches.ts";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { type Corpus, type CorpusWatch, prepareCorpus } from "./corpus/prepare-corpus.ts";
import type { TokenFile } from "./corpus/token-file.ts";
import { watchForDivergence } from "./divergence.ts";
import { requireMemory } from "./memory.ts";
import { checkRecipe, type Recipe, scheduleOf } from "./recipe.ts";
import { openRunFolder, type RunFolder } from "./run-folder.ts";
import { openRunLog, type RunEvent } from "./run-log.ts";
import { createSampler } from "./samples.ts";
import { evaluate, trainStep } from "./step.ts";
import { newModel, type TrainedModel } from "./trained-model.ts";

export interface PretrainOptions extends CorpusWatch {
  /** The folder of the run: made anew, or of an earlier run with the same recipe, which goes on. */
  readonly folder: string;
  /** How many checkpoints stay, the latest; 3 by default. */
  readonly keep?: number;
  /** Stop behind this step, with a checkpoint, though the recipe asks for more. */
  readonly until?: number;
  /** Told all that is logged. */
  readonly onEvent?: (event: RunEvent) => void;
  /** What the run computes on, for the log. */
  readonly machine?: Machine;
}

export interface Machine {
  readonly threads?: number;
  readonly build?: string;
  /** Measures the most float32 operations that these threads do a second. */
  readonly peakFlops?: () => Promise<number>;
  /** Bytes that the engine's memory may hold. */
  readonly memoryLimit?: number;
}

export interface RunEnd {
  readonly reason: "finished" | "interrupted" | "diverged";
  readonly step: number;
  readonly steps: number;
  /** The folder of the last checkpoint, if any. */
  readonly checkpoint: string | undefined;
  /** What the last measurement gave. */
  readonly bitsPerByte: number | undefined;
  /** Why it stopped, and what to try. */
  readonly advice?: string;
}

/**
 * Trains a model as the recipe says, or goes on with it. An aborted signal ends the run behind the current step, with a checkpoint.
 *
 * @param ops a backend whose weights see activations as they are (wasm: `activations: "f32"`)
 * @throws UsageError for a folder of another run, data that is too little, a batch that does not fit in memory
 */
export async function pretrain<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  recipe: Recipe,
  options: PretrainOptions,
): Promise<RunEnd> {
  checkRecipe(recipe);
  const run = await openRunFolder(options.folder, recipe);
  try {
    // Where the vocabulary is known, before the data is read.
    if ("train" in recipe.tokenizer) await checkMemory(recipe, recipe.tokenizer.train.vocabSize, options);
    const corpus = await prepareCorpus(run.path, recipe, options);
    try {
      if ("open" in recipe.tokenizer) await checkMemory(recipe, corpus.tokenizer.vocabSize, options);
      return await train(ops, recipe, run, corpus, options);
    } finally {
      await corpus.close();
    }
  } finally {
    await run.release();
  }
}

async function train<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  recipe: Recipe,
  run: RunFolder,
  corpus: Corpus,
  { signal, machine = {}, keep = 3, until, onEvent = () => {} }: PretrainOptions,
): Promise<RunEnd> {
  const { adamW, batch, checkpointEvery, clip, length, samples = [], seed, validation } = recipe;
  const config = { ...recipe.model, vocabSize: corpus.tokenizer.vocabSize };
  const tokensPerStep = batch.rows * batch.rowLength;
  const steps = "steps" in length ? length.steps : Math.max(1, Math.round((length.epochs * corpus.train.tokens) / tokensPerStep));
  const schedule = scheduleOf(recipe.schedule, steps);
  const batches = trainingBatches(corpus.train, batch, steps, seed);
  const toMeasure = await validationBatches(corpus.val, validation, tokensPerStep / (batch.parts ?? 1));

  const last = (await checkpointsIn(run.checkpoints)).at(-1);
  const { model, state } = last ? await readCheckpoint(ops, run.checkpoint(last)) : begin(ops, newModel(ops, config, seed));
  const sampler = await createSampler(ops, model, corpus, samples);
  const first = state.steps;
  const end = Math.min(steps, until ?? steps);
  const flops = trainingFlops(config);
  const time = (): string => new Date().toISOString();

  if (last && first >= end) {
    const bitsPerByte = bitsOf(await evaluate(ops, model, toMeasure), corpus.val);
    return { reason: first < steps ? "interrupted" : "finished", step: first, steps, checkpoint: run.checkpoint(last), bitsPerByte };
  }
  const log = await openRunLog(run.log, last ? first : undefined);
  const tell = async (event: RunEvent): Promise<void> => {
    await log.write(event);
    onEvent(event);
  };
  let checkpoint = last;
  let saved = last ? first : -1; // the step of the last checkpoint
  let bitsPerByte: number | undefined;
  const save = async (): Promise<void> => {
    if (saved === state.steps) return;
    checkpoint = await writeCheckpoint(ops, run.checkpoints, {
      model,
      state,
      tokenizer: corpus.tokenizerFolder,
      ids: corpus.tokenizer,
      keep,
    });
    saved = state.steps;
    await tell({ event: "checkpoint", step: state.steps, folder: checkpoint });
    for await (const { prompt, text } of sampler(signal)) await tell({ event: "sample", step: state.steps, prompt, text });
  };
  const measure = async (): Promise<void> => {
    const loss = await evaluate(ops, model, toMeasure);
    bitsPerByte = bitsOf(loss, corpus.val);
    await tell({ event: "validation", step: state.steps, tokens: state.steps * tokensPerStep, loss, bits_per_byte: bitsPerByte });
  };
  const finish = async (reason: RunEnd["reason"], advice?: string): Promise<RunEnd> => {
    await tell({ event: "end", step: state.steps, time: time(), reason });
    return { reason, step: state.steps, steps, checkpoint: checkpoint && run.checkpoint(checkpoint), bitsPerByte, advice };
  };

  try {
    const peak = (await machine.peakFlops?.()) ?? null;
    const place = { steps, peak_flop_per_second: peak, threads: machine.threads ?? null, build: machine.build ?? null };
    if (log.isBegun) await tell({ event: "resume", step: first, time: time(), ...place });
    else {
      await tell({
        event: "begin",
        name: recipe.name,
        time: time(),
        parameters: parameterCount(config),
        config,
        recipe: run.plain,
        train_tokens: corpus.train.tokens,
        val_tokens: corpus.val.tokens,
        tokens_per_step: tokensPerStep,
        flop_per_token: flops(batch.rowLength),
        ...place,
      });
    }

    const diverges = watchForDivergence();
    const began = performance.now();
    while (state.steps < end) {
      await setImmediate(); // lets signals in
      if (signal?.aborted) {
        if (state.steps > 0) await save();
        return await finish("interrupted");
      }
      const before = performance.now();
      const learningRate = schedule(state.steps);
      const rows = await batches.at(state.steps);
      const result = await trainStep(ops, model, state, rows, { adamW, learningRate, clip, recompute: batch.recompute });
      const now = performance.now();
      const tokensPerSecond = (1000 * tokensPerStep) / (now - before);
      await tell({
        event: "step",
        step: state.steps,
        tokens: state.steps * tokensPerStep,
        loss: result.loss,
        bits_per_byte: bitsOf(result.loss, corpus.train),
        learning_rate: learningRate,
        gradient_norm: result.gradientNorm,
        seconds: (now - began) / 1000,
        tokens_per_second: tokensPerSecond,
        flop_per_second: tokensPerSecond * flops(batches.rowLengthAt(state.steps - 1)),
      });
      const trouble = diverges(result);
      if (trouble) return await finish("diverged", trouble);
      const isLast = state.steps === end;
      if (isLast || state.steps % validation.every === 0) await measure();
      if (isLast || state.steps % checkpointEvery === 0) await save();
    }
    return await finish(state.steps < steps ? "interrupted" : "finished");
  } finally {
    await log.close();
  }
}

/** @throws UsageError for a batch that does not fit in what is free */
async function checkMemory({ model, batch }: Recipe, vocabSize: number, { machine }: PretrainOptions): Promise<void> {
  const { rows, rowLength, parts = 1, recompute = false } = batch;
  const limit = Math.min((await freeMemory()) ?? Number.POSITIVE_INFINITY, machine?.memoryLimit ?? Number.POSITIVE_INFINITY);
  requireMemory({ ...model, vocabSize }, { tokens: (rows * rowLength) / parts, parts, recompute }, rows, limit);
}

/** Nats a token as bits a byte of text, so that models with different tokenizers compare. The first token of a document is no target. */
function bitsOf(loss: number, { tokens, documents, bytes }: TokenFile): number {
  return (loss * (tokens - documents)) / bytes / Math.LN2;
}

function begin<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  model: TrainedModel<W>,
): { model: TrainedModel<W>; state: AdamWState<W> } {
  return { model, state: beginAdamW(ops, model.named) };
}
