// A model in a backend, ready to run: logits of whole texts, and sequences that remember their keys and values while they grow.
// Callers need not know the backend's handle types.
import { UsageError } from "../errors.ts";
import { buildBatch } from "../model/batch.ts";
import type { ModelConfig } from "../model/config.ts";
import { logits, transformer } from "../model/transformer.ts";
import type { ModelWeights } from "../model/weights.ts";
import type { Ops, Tensor, Weight } from "../ops/ops.ts";
import { createKvSequences, type KvSequence, type KvSequences, PAGE_SIZE } from "./kv-sequences.ts";

export interface Engine {
  readonly config: ModelConfig;
  /** Most tokens that a sequence holds. */
  readonly contextLength: number;
  /**
   * Scores of the token after each of `positions`, which ascend.
   *
   * @returns [positions.length, vocabSize]
   */
  logits(ids: readonly number[], positions: readonly number[], signal?: AbortSignal): Promise<Float32Array>;
  /** Log-probability of every token but the first, given those before it. @returns [ids.length - 1] */
  logProbs(ids: readonly number[], signal?: AbortSignal): Promise<Float32Array>;
  /**
   * Begins a sequence with a prompt, of which what an earlier one had in common is not run again.
   *
   * @param most tokens that the sequence will hold at the end
   */
  begin(promptIds: readonly number[], most: number, signal?: AbortSignal): Promise<Sequence>;
  /** Lets go of weights and caches. Idempotent; whatever is asked afterwards is a UsageError. */
  dispose(): Promise<void>;
}

export interface Sequence {
  /** Tokens so far. */
  readonly length: number;
  /** The scores of the token after the last one: [vocabSize]. */
  readonly scores: Float32Array;
  /** Runs one more token. */
  append(id: number): Promise<void>;
  /** Gives the cache back; the sequence cannot grow any more. */
  release(): void;
}

/** Tokens that run at once: enough to read each weight seldom, few enough to answer Ctrl-C and to hold 32 rows of a large vocabulary (16 MB). */
const CHUNK = 32;

export function createEngine<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  config: ModelConfig,
  weights: ModelWeights<W>,
  contextLength: number,
): Engine {
  const { nLayers, nKvHeads, headDim } = config;
  /** All that holds memory, in the one variable that dispose() clears. */
  let held: { ops: Ops<T, W>; weights: ModelWeights<W>; caches: KvSequences } | undefined = {
    ops,
    weights,
    caches: createKvSequences(config, (pages) => alive().ops.kvCache({ nLayers, nKvHeads, headDim, pages, pageSize: PAGE_SIZE })),
  };
  const alive = (): NonNullable<typeof held> => {
    if (!held) throw new UsageError("the model was disposed of: load it again");
    return held;
  };

  /**
   * Runs tokens after those that the sequence holds, in chunks between which the event loop turns and `signal` is heard.
   *
   * @param rows which of them to read something from: indices into `ids`, ascending
   * @param read asks for the values wanted of their logits; `at` is the index in `rows` of the first
   */
  async function run(
    sequence: KvSequence,
    ids: readonly number[],
    rows: readonly number[],
    read: (ops: Ops<T, W>, scores: T, at: number) => Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const sequenceLength = sequence.ids.length + ids.length;
    let at = 0;
    for (let from = 0; from < ids.length; from += CHUNK) {
      signal?.throwIfAborted();
      const { ops, weights } = alive();
      const chunk = ids.slice(from, from + CHUNK);
      const wanted = rows.slice(at).filter((row) => row < from + chunk.length);
      await ops.scope(() => {
        const input = { ids: chunk, start: sequence.ids.length, sequenceLength, pages: sequence.pages };
        const h = transformer(ops, config, weights, buildBatch(ops, config, [input], sequence.cache)); // [chunk, dim]
        if (wanted.length === 0) return ops.read(ops.gather(h, ops.input(Int32Array.of(0)))); // waits until the chunk has run
        const picked = ops.gather(h, ops.input(Int32Array.from(wanted, (row) => row - from))); // [wanted, dim]
        return read(ops, logits(ops, config, weights, picked), at);
      });
      at += wanted.length;
      sequence.ids.push(...chunk);
      await turn();
    }
  }

  /** Runs a whole text in a cache of its own. */
  async function runText(
    ids: readonly number[],
    rows: readonly number[],
    read: (ops: Ops<T, W>, scores: T, at: number) => Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { caches } = alive();
    const sequence = caches.take([], ids.length);
    try {
      await run(sequence, ids, rows, read, signal);
    } finally {
      caches.giveBack(sequence);
    }
  }

  return {
    config,
    contextLength,

    async logits(ids, positions, signal) {
      const out = new Float32Array(positions.length * config.vocabSize);
      await runText(ids, positions, async (ops, scores, at) => out.set(await ops.read(scores), at * config.vocabSize), signal);
      return out;
    },

    async logProbs(ids, signal) {
      const targets = Int32Array.from(ids).subarray(1);
      const out = new Float32Array(targets.length);
      const read = async (ops: Ops<T, W>, scores: T, at: number): Promise<void> =>
        out.set(await ops.read(ops.logProbs(scores, ops.input(targets.slice(at, at + scores.shape[0])))), at);
      await runText(ids, Array.from(targets.keys()), read, signal);
      return out;
    },

    async begin(promptIds, most, signal) {
      const { caches } = alive();
      const sequence = caches.take(promptIds, most);
      let scores = new Float32Array(0);
      const keep = async (ops: Ops<T, W>, last: T): Promise<void> => {
        scores = new Float32Array(await ops.read(last));
      };
      const append = (ids: readonly number[]): Promise<void> => run(sequence, ids, [ids.length - 1], keep, signal);
      let released = false;
      const release = (): void => {
        if (!released) caches.giveBack(sequence);
        released = true;
      };
      try {
        await append(promptIds.slice(sequence.ids.length));
      } catch (error) {
        release();
        throw error;
      }
      return {
        get length() {
          return sequence.ids.length;
        },
        get scores() {
          return scores;
        },
        append: (id) => append([id]),
        release,
      };
    },

    async dispose() {
      const ops = held?.ops;
      held = undefined;
      await ops?.dispose();
    },
  };
}

/** Lets timers, input and other requests run. */
function turn(): Promise<void> {
  return new Promise((resolve) => (globalThis.setImmediate ?? setTimeout)(resolve));
}
