// A model in a backend, ready to run: logits of whole texts, and sequences that remember their keys and values while they grow.
// Callers need not know the backend's handle types.
import { UsageError } from "../errors.ts";
import { buildBatch, type SequenceChunk } from "../model/batch.ts";
import type { ModelConfig } from "../model/config.ts";
import { logits, transformer } from "../model/transformer.ts";
import type { ModelWeights } from "../model/weights.ts";
import type { KvCache, Ops, Tensor, Weight } from "../ops/ops.ts";

export interface Engine {
  readonly config: ModelConfig;
  /** Most tokens that a sequence holds. */
  readonly contextLength: number;
  /** Scores of the token after each of `positions`. @returns [positions.length, vocabSize] */
  logits(ids: ArrayLike<number>, positions: ArrayLike<number>): Promise<Float32Array>;
  /** Log-probability of every token but the first, given those before it. @returns [ids.length - 1] */
  logProbs(ids: ArrayLike<number>): Promise<Float32Array>;
  /** An empty sequence; give it back with `release`. */
  sequence(): Sequence;
  dispose(): Promise<void>;
}

export interface Sequence {
  /** Tokens so far. */
  readonly length: number;
  /**
   * Runs the next tokens. Long prompts run in chunks, between which the event loop turns and `signal` is heard.
   *
   * @returns the scores of the token after the last of them: [vocabSize]
   * @throws UsageError when the context does not hold them
   */
  append(ids: ArrayLike<number>, signal?: AbortSignal): Promise<Float32Array>;
  release(): void;
}

/** Tokens of a prompt that run at once: long enough to read each weight seldom, short enough to answer Ctrl-C. */
const CHUNK = 32;
const PAGE_SIZE = 32;
/** Rows of logits computed at once: 32 rows of a vocabulary of 128,256 are 16 MB. */
const LOGIT_ROWS = 32;

export function createEngine<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  config: ModelConfig,
  weights: ModelWeights<W>,
  contextLength: number,
): Engine {
  const idle: KvCache[] = []; // of released sequences; memory that was never written costs nothing
  const pages = Array.from({ length: Math.ceil(contextLength / PAGE_SIZE) }, (_, i) => i);
  let disposed = false;

  const checkAlive = (): void => {
    if (disposed) throw new UsageError("the model was disposed: load it again");
  };
  const makeCache = (): KvCache =>
    ops.kvCache({ nLayers: config.nLayers, nKvHeads: config.nKvHeads, headDim: config.headDim, pages: pages.length, pageSize: PAGE_SIZE });

  /** Runs one chunk of a sequence and reads the logits of its last token. */
  const step = (chunk: SequenceChunk, cache: KvCache): Promise<Float32Array> =>
    ops.scope(() => {
      const h = transformer(ops, config, weights, buildBatch(ops, config, [chunk], cache)); // [tokens, dim]
      const last = ops.gather(h, ops.input(Int32Array.of(chunk.ids.length - 1))); // [1, dim]
      return ops.read(logits(ops, config, weights, last));
    });

  /** Runs a whole text without a cache and hands its logits to `use`, some rows at a time. */
  const overRows = (
    ids: ArrayLike<number>,
    rows: Int32Array,
    use: (scores: T, from: number, to: number) => Promise<void>,
  ): Promise<unknown> => {
    checkAlive();
    return ops.scope(() => {
      const h = transformer(ops, config, weights, buildBatch(ops, config, [{ ids, start: 0 }])); // [tokens, dim]
      const done: Promise<void>[] = [];
      for (let from = 0; from < rows.length; from += LOGIT_ROWS) {
        const some = rows.slice(from, from + LOGIT_ROWS);
        done.push(ops.scope(() => use(logits(ops, config, weights, ops.gather(h, ops.input(some))), from, from + some.length)));
      }
      return Promise.all(done);
    });
  };

  return {
    config,
    contextLength,

    async logits(ids, positions) {
      const rows = Int32Array.from(positions);
      const wrong = rows.find((row) => row < 0 || row >= ids.length);
      if (wrong !== undefined) throw new UsageError(`logits of position ${wrong} were asked for, the text has ${ids.length} tokens`);
      const out = new Float32Array(rows.length * config.vocabSize);
      await overRows(ids, rows, async (scores, from) => out.set(await ops.read(scores), from * config.vocabSize));
      return out;
    },

    async logProbs(ids) {
      if (ids.length < 2) throw new UsageError(`the text has ${ids.length} tokens: at least 2 are needed to score one`);
      const out = new Float32Array(ids.length - 1);
      const rows = Int32Array.from(out, (_, i) => i);
      const targets = Int32Array.from(ids).slice(1);
      await overRows(ids, rows, async (scores, from, to) =>
        out.set(await ops.read(ops.logProbs(scores, ops.input(targets.slice(from, to)))), from),
      );
      return out;
    },

    sequence() {
      checkAlive();
      const cache = idle.pop() ?? makeCache();
      let length = 0;
      let released = false;
      return {
        get length() {
          return length;
        },
        async append(ids, signal) {
          if (length + ids.length > contextLength) {
            throw new UsageError(
              `${length + ids.length} tokens do not fit the context of ${contextLength}: shorten the text or raise contextLength (--ctx)`,
            );
          }
          const all = Array.from(ids);
          const sequenceLength = length + all.length;
          let scores = new Float32Array(0);
          for (let from = 0; from < all.length; from += CHUNK) {
            signal?.throwIfAborted();
            checkAlive();
            const chunk = { ids: all.slice(from, from + CHUNK), start: length, sequenceLength, pages };
            scores = (await step(chunk, cache)) as Float32Array<ArrayBuffer>;
            length += chunk.ids.length;
            await turn();
          }
          return scores;
        },
        release() {
          if (!released) idle.push(cache);
          released = true;
        },
      };
    },

    async dispose() {
      if (disposed) return;
      disposed = true;
      await ops.dispose();
    },
  };
}

/** Lets timers, input and other requests run. */
function turn(): Promise<void> {
  return new Promise((resolve) => (globalThis.setImmediate ?? setTimeout)(resolve));
}
