// A model in a backend, ready to run: logits and vectors of whole texts, and sequences that remember their keys and values while they grow. All that
// is asked at the same time runs together, in steps over one paged cache. Callers need not know the backend's handle types.
import { UsageError } from "../errors.ts";
import { checkTokens } from "../model/batch.ts";
import type { ModelConfig } from "../model/config.ts";
import { createRunningMean, type Pooling, pooledPositions } from "../model/heads/pooling.ts";
import type { ModelWeights } from "../model/weights.ts";
import type { KvCache, KvLayout, Ops, Tensor, Weight } from "../ops/ops.ts";
import { createPagePool } from "./page-pool.ts";
import { runStep } from "./run-step.ts";
import { type Ask, createScheduler, type Text } from "./scheduler.ts";

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
  /** A text as one vector: hidden states after the final norm, pooled as they come. @returns [dim] */
  embed(ids: readonly number[], pooling: Pooling, signal?: AbortSignal): Promise<Float32Array>;
  /**
   * Begins a sequence with a prompt, of which what an earlier text had in common is not run again.
   *
   * @param most tokens that the sequence will hold at the end
   */
  begin(promptIds: readonly number[], most: number, signal?: AbortSignal): Promise<Sequence>;
  /** How full the cache is: pages in all, and those that texts hold now. */
  pages(): { readonly total: number; readonly held: number };
  /** To be told when the weights have been trained: keys and values of earlier texts are not used any more. */
  weightsChanged(): void;
  /** Lets go of weights and caches. Idempotent; whatever is asked afterwards is a UsageError. */
  dispose(): Promise<void>;
}

export interface Sequence {
  /** Tokens so far. */
  readonly length: number;
  /** Tokens of the prompt that an earlier text had in common, and that were not run again. */
  readonly cachedTokens: number;
  /** The scores of the token after the last one: [vocabSize]. */
  readonly scores: Float32Array;
  /** Runs one more token, together with those that other sequences append meanwhile. */
  append(id: number): Promise<void>;
  /** The same sequence once more, from here on apart. What both have in common is not run again. */
  fork(): Sequence;
  /** Gives the pages back; the sequence cannot grow any more. */
  release(): void;
}

/** Tokens in a page: few, so that little is copied and little stays empty; enough that a page is some kilobytes for a kernel to walk along. */
const PAGE_SIZE = 32;

/** Tokens of prompts in one step: enough to read each weight seldom, few enough that texts being continued, and Ctrl-C, do not wait long for it. */
export const PROMPT_TOKENS = 128;

/** A cache of at least so many tokens, in whole pages. */
export function cacheLayout({ nLayers, nKvHeads, headDim }: ModelConfig, tokens: number): KvLayout {
  return { nLayers, nKvHeads, headDim, pages: Math.ceil(tokens / PAGE_SIZE), pageSize: PAGE_SIZE };
}

/**
 * @param contextLength most tokens of one sequence
 * @param cacheTokens   tokens of all sequences that the cache holds; what ended sequences leave in it shortens the prompts of later ones
 * @throws UsageError when the cache does not hold one sequence
 */
export function createEngine<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  config: ModelConfig,
  weights: ModelWeights<W>,
  contextLength: number,
  cacheTokens: number = contextLength,
): Engine {
  if (!(Number.isSafeInteger(cacheTokens) && cacheTokens >= contextLength)) {
    throw new UsageError(
      `cacheTokens is ${cacheTokens}, expected a whole number of at least ${contextLength}, the contextLength: raise it, or shorten the context`,
    );
  }
  const layout = cacheLayout(config, cacheTokens);
  const pool = createPagePool(layout.pages, layout.pageSize);
  /** All that holds memory, in the one variable that dispose() clears. */
  let held: { ops: Ops<T, W>; weights: ModelWeights<W>; cache: KvCache } | undefined = {
    ops,
    weights,
    cache: ops.kvCache(layout),
  };
  const alive = (): NonNullable<typeof held> => {
    if (!held) throw disposed();
    return held;
  };
  let generation = 0; // of the weights
  const scheduler = createScheduler({
    pool,
    promptTokens: PROMPT_TOKENS,
    kindOf: (promptLength) => 2 ** 32 * generation + kindOf(config, promptLength),
    copy: ({ from, to }) => alive().ops.copyPages(alive().cache, [from], [to]),
    run: (chunks) => runStep(alive().ops, config, alive().weights, alive().cache, chunks),
  });

  /** Before anything runs with others, which a mistake must not hurt. */
  const check = (ids: readonly number[], start: number, most: number): void => {
    alive();
    if (ids.length === 0) throw new UsageError("there are no tokens to run: give at least one");
    if (most > contextLength) {
      throw new UsageError(
        `${most} tokens were asked for, the context holds ${contextLength}: ask for fewer or raise contextLength (--ctx)`,
      );
    }
    checkTokens(config, ids, start);
  };

  const runText = async (ids: readonly number[], ask: Ask): Promise<void> => {
    check(ids, 0, ids.length);
    if (ask.rows.length === 0) return;
    const text = scheduler.add(ids);
    try {
      await scheduler.ask(text, ask);
    } finally {
      scheduler.release(text);
    }
  };

  /** @param scores after its last token */
  const sequenceOf = (text: Text, scores: Float32Array, most: number, signal: AbortSignal | undefined): Sequence => {
    let length = text.ids.length;
    const { adopted: cachedTokens = 0 } = text;
    return {
      cachedTokens,
      get length() {
        return length;
      },
      get scores() {
        return scores;
      },
      async append(id) {
        if (length >= most) throw new UsageError(`the sequence has the ${most} tokens that it was begun for: begin one for more`);
        check([id], length, most);
        let next = scores;
        await scheduler.ask(text, { append: id, rows: [length], read: (row) => (next = row), signal });
        scores = next;
        length++;
      },
      fork() {
        alive();
        return sequenceOf(scheduler.fork(text), scores, most, signal);
      },
      release: () => scheduler.release(text),
    };
  };

  return {
    config,
    contextLength,

    async logits(ids, positions, signal) {
      const { vocabSize } = config;
      const out = new Float32Array(positions.length * vocabSize);
      await runText(ids, { rows: positions, read: (scores, at) => out.set(scores, at * vocabSize), signal });
      return out;
    },

    async logProbs(ids, signal) {
      const targets = ids.slice(1);
      const out = new Float32Array(targets.length);
      await runText(ids, { rows: Array.from(targets.keys()), targets, read: (logProb, at) => out.set(logProb, at), signal });
      return out;
    },

    async embed(ids, pooling, signal) {
      const mean = createRunningMean(config.dim);
      await runText(ids, { rows: pooledPositions(pooling, ids.length), states: true, read: (state) => mean.add(state), signal });
      return mean.value();
    },

    async begin(promptIds, most, signal) {
      check(promptIds, 0, Math.max(most, promptIds.length));
      const text = scheduler.add(promptIds);
      let scores: Float32Array = new Float32Array(0);
      try {
        await scheduler.ask(text, { rows: [promptIds.length - 1], read: (row) => (scores = row), signal });
      } catch (error) {
        scheduler.release(text);
        throw error;
      }
      return sequenceOf(text, scores, most, signal);
    },

    pages: () => ({ total: pool.pageCount, held: pool.pageCount - pool.available() }),

    weightsChanged() {
      generation++;
    },

    async dispose() {
      const ops = held?.ops;
      held = undefined;
      await scheduler.close(disposed());
      await ops?.dispose();
    },
  };
}

/** Keys depend on the tokens before them and on nothing else, but for dynamic NTK, which turns them by the length of the prompt beyond the original one. */
function kindOf({ positions }: ModelConfig, promptLength: number): number {
  const scaling = positions.kind === "rope" ? positions.scaling : undefined;
  return scaling?.kind === "dynamic" ? Math.max(promptLength, scaling.originalMaxSeqLen) : 0;
}

function disposed(): UsageError {
  return new UsageError("the model was disposed of: load it again");
}
