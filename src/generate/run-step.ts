// One run of the model over the next tokens of many texts, and the values that are read of them.
import { buildBatch } from "../model/batch.ts";
import type { ModelConfig } from "../model/config.ts";
import { logits, transformer } from "../model/transformer.ts";
import type { ModelWeights } from "../model/weights.ts";
import type { KvCache, Ops, Tensor, Weight } from "../ops/ops.ts";
import type { StepChunk } from "./scheduler.ts";

/** Rows of scores at a time: 32 of a large vocabulary take 16 MB. */
export const ROWS = 32;

/** A row of the batch that is read. */
interface Wanted {
  readonly row: number;
  /** The values of its text. */
  readonly into: Float32Array[];
  /** The token whose log-probability is read; all scores without it. */
  readonly target?: number;
  /** The hidden state is read, and no score. */
  readonly state?: boolean;
}

/** @returns for each chunk and each of its rows: [vocabSize] scores, or with targets one log-probability, or with states [dim] after the final norm */
export async function runStep<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  config: ModelConfig,
  weights: ModelWeights<W>,
  cache: KvCache,
  chunks: readonly StepChunk[],
): Promise<Float32Array[][]> {
  const values: Float32Array[][] = chunks.map(() => []);
  const wanted: Wanted[] = [];
  let before = 0;
  chunks.forEach(({ ids, rows, targets, states }, c) => {
    rows.forEach((row, i) => {
      wanted.push({ row: before + row, into: values[c], target: targets?.[i], state: states });
    });
    before += ids.length;
  });
  const blocks = [
    ...blocksOf(wanted.filter(({ target, state }) => target === undefined && !state)),
    ...blocksOf(wanted.filter(({ target }) => target !== undefined)),
    ...blocksOf(wanted.filter(({ state }) => state)),
  ];

  const reads = ops.scope(() => {
    const h = transformer(ops, config, weights, buildBatch(ops, config, chunks, cache)); // [tokens, dim]
    if (blocks.length === 0) return [ops.read(ops.gather(h, ops.input(Int32Array.of(0))))]; // waits until the step has run
    return blocks.map((block) =>
      ops.scope(() => {
        const picked = ops.gather(h, ops.input(Int32Array.from(block, ({ row }) => row))); // [block.length, dim]
        if (block[0].state) return ops.read(picked);
        const scores = logits(ops, config, weights, picked); // [block.length, vocabSize]
        if (block[0].target === undefined) return ops.read(scores);
        return ops.read(ops.logProbs(scores, ops.input(Int32Array.from(block, ({ target }) => target!))));
      }),
    );
  });
  const results = await Promise.all(reads);
  blocks.forEach((block, b) => {
    const width = results[b].length / block.length;
    block.forEach(({ into }, i) => {
      into.push(results[b].subarray(i * width, (i + 1) * width));
    });
  });
  return values;
}

function blocksOf(wanted: readonly Wanted[]): (readonly Wanted[])[] {
  return Array.from({ length: Math.ceil(wanted.length / ROWS) }, (_, i) => wanted.slice(i * ROWS, (i + 1) * ROWS));
}
