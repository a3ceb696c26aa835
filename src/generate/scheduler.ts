// Runs many texts through one model, step by step: a step is one batch of what the plan gives to every text whose caller waits. Nothing of the model
// is here: `run` does a step, and `copy` copies a page.
import { InternalError, UsageError } from "../errors.ts";
import type { PageCopy, PagePool, PageTable } from "./page-pool.ts";
import { planStep, shareTokens } from "./step-plan.ts";
import { turn } from "./turn.ts";

/** A text in the schedule. */
export interface Text {
  readonly ids: number[];
  /** Tokens that came as its prompt. */
  readonly promptLength: number;
  /** What has run. */
  readonly table: PageTable;
  /** Tokens that were found in the cache when its turn first came. */
  adopted?: number;
  /** Tokens that have to have run for what is asked; 0 while nothing is. */
  target: number;
  pending?: Pending;
}

/** What a caller waits for. */
export interface Ask {
  /** A token that goes on the text first, and off again when the answer is an error. */
  readonly append?: number;
  /** Positions of which something is read, ascending, at least one. */
  readonly rows: readonly number[];
  /** For each row a token whose log-probability is read, instead of the scores of all tokens. */
  readonly targets?: ArrayLike<number>;
  /** The hidden states of the rows are read, instead of scores. */
  readonly states?: boolean;
  /** Called for each row in order. @param values [vocabSize] scores, one log-probability, or [dim] states @param at index in `rows` */
  read(values: Float32Array, at: number): void;
  readonly signal?: AbortSignal;
}

interface Pending extends Ask {
  /** Tokens that the text had before. */
  readonly known: number;
  /** Rows that have been read. */
  done: number;
  resolve(): void;
  reject(reason: unknown): void;
}

/** The next tokens of one text in a step, and what is read of them. */
export interface StepChunk {
  readonly ids: readonly number[];
  /** Position of the first of them. */
  readonly start: number;
  readonly promptLength: number;
  readonly pages: readonly number[];
  /** Indices into `ids`, ascending. */
  readonly rows: readonly number[];
  readonly targets?: readonly number[];
  readonly states?: boolean;
}

export interface SchedulerOptions {
  readonly pool: PagePool;
  /** Tokens of prompts that run in one step. */
  readonly promptTokens: number;
  /** Texts share pages with texts of the same kind. */
  kindOf(promptLength: number): number;
  copy(pages: PageCopy): void;
  /** @returns for each chunk the values of each of its rows */
  run(chunks: readonly StepChunk[]): Promise<readonly (readonly Float32Array[])[]>;
}

export interface Scheduler {
  /** A text at the end of the queue. */
  add(ids: readonly number[]): Text;
  /** The same text once more, at the end of the queue. Pages are shared; one that is not full is copied. */
  fork(text: Text): Text;
  /**
   * Resolves when all rows have been read. Rejects with the reason of the signal or of what broke the step; the text stays as far as it came.
   *
   * @throws UsageError for a text that was released, or of which something is asked already
   */
  ask(text: Text, ask: Ask): Promise<void>;
  /** Takes a text out of the schedule. Its pages can be found until they are needed. */
  release(text: Text): void;
  /** Rejects all that is asked, now and later. Resolves when the step under way has ended. */
  close(error: Error): Promise<void>;
}

export function createScheduler({ pool, promptTokens, kindOf, copy, run }: SchedulerOptions): Scheduler {
  /** By age. */
  const texts = new Set<Text>();
  /** Those whose pages are being written. */
  let running: readonly Text[] = [];
  let looping: Promise<void> | undefined;
  let closed: Error | undefined;

  const add = (ids: readonly number[], promptLength: number): Text => {
    const text: Text = { ids: [...ids], promptLength, table: { kind: kindOf(promptLength), pages: [], length: 0 }, target: 0 };
    texts.add(text);
    return text;
  };

  /** Begins with what is known of a text: at most its first `most` tokens. */
  const adopt = (text: Text, most: number): void => {
    const pages = pool.adopt(text.table, text.ids, most);
    if (pages) copy(pages);
  };

  const reject = (text: Text, reason: unknown): void => {
    if (!text.pending) return;
    text.ids.length = text.pending.known;
    text.pending.reject(reason);
    Object.assign(text, { pending: undefined, target: 0 });
  };

  const read = (text: Text, values: readonly Float32Array[]): void => {
    const { pending } = text;
    if (!pending) return; // released or closed meanwhile
    for (const row of values) pending.read(row, pending.done++);
    if (pending.done < pending.rows.length) return;
    Object.assign(text, { pending: undefined, target: 0 });
    pending.resolve();
  };

  /**
   * Texts that have not begun, and may in the next step: all but the prompts that would have no share of its tokens. With what is known of them; while they
   * wait, what is known may become more.
   */
  const nextToBegin = (): { text: Text; most: number }[] => {
    const asking = [...texts].flatMap((text) => {
      const { ids, table, target, pending } = text;
      if (!pending) return [];
      const most = pending.rows[pending.done]; // what is read has to run
      const begun = table.pages.length > 0;
      return [{ text, most, begun, left: target - (begun ? table.length : pool.known(table.kind, ids, most)) }];
    });
    const [oldest, ...others] = asking.filter(({ left }) => left > 1);
    const shares = shareTokens(oldest, others, promptTokens);
    return asking.filter((each) => !each.begun && (each.left === 1 || shares.has(each)));
  };

  const chunkOf = ({ ids, promptLength, table, pending }: Text, tokens: number): StepChunk => {
    const start = table.length;
    const end = start + tokens;
    if (!pending || !pool.grow(table, end))
      throw new InternalError(`the plan has ${tokens} tokens from ${start} on that nobody asked for or no page holds`);
    const { rows, targets, states, done } = pending;
    let next = done;
    while (next < rows.length && rows[next] < end) next++;
    return {
      ids: ids.slice(start, end),
      start,
      promptLength,
      pages: table.pages,
      rows: rows.slice(done, next).map((row) => row - start),
      targets: targets && Array.from({ length: next - done }, (_, i) => targets[done + i]),
      states,
    };
  };

  const step = async (): Promise<void> => {
    const beginning = nextToBegin();
    for (const { text, most } of beginning) adopt(text, most);
    const asked = new Set(beginning.map(({ text }) => text));
    const candidates = [...texts].filter((text) => !text.pending || text.table.pages.length > 0 || asked.has(text));
    const plan = planStep(candidates, { available: pool.available(), pageSize: pool.pageSize, promptTokens });
    running = plan.chunks.map(({ text }) => text);
    for (const { text } of beginning) if (!running.includes(text)) pool.release(text.table); // there was no room for the rest of it
    for (const { table } of plan.preempted) pool.release(table);
    for (const text of running) text.adopted ??= text.table.length;
    const chunks = plan.chunks.map(({ text, tokens }) => chunkOf(text, tokens));
    const values = await run(chunks);
    running.forEach((text, i) => {
      pool.written(text.table, chunks[i].ids);
      read(text, values[i]);
    });
  };

  const loop = async (): Promise<void> => {
    // What is asked in the same turn runs in the same step: new texts, and those that go on with what the last step gave them.
    for (await turn(); ; await turn()) {
      for (const text of texts) if (text.pending?.signal?.aborted) reject(text, text.pending.signal.reason);
      const waiting = [...texts].filter(({ pending }) => pending);
      if (waiting.length === 0) break;
      try {
        await step();
      } catch (error) {
        for (const text of running.length > 0 ? running : waiting) reject(text, error);
      }
      for (const text of running) if (!texts.has(text)) pool.release(text.table);
      running = [];
    }
    looping = undefined;
  };

  return {
    add: (ids) => add(ids, ids.length),

    fork({ ids, promptLength, pending }) {
      if (pending) throw new UsageError("this sequence runs: wait for it before it is forked");
      const text = add(ids, promptLength);
      adopt(text, ids.length);
      text.adopted = text.table.length;
      return text;
    },

    async ask(text, ask) {
      if (closed) throw closed;
      if (!texts.has(text)) throw new UsageError("this sequence was released: begin another");
      if (text.pending) throw new UsageError("this sequence runs already: wait for it before the next token");
      ask.signal?.throwIfAborted();
      const answer = new Promise<void>((resolve, reject) => {
        text.pending = { ...ask, known: text.ids.length, done: 0, resolve, reject };
      });
      if (ask.append !== undefined) text.ids.push(ask.append);
      text.target = ask.rows[ask.rows.length - 1] + 1;
      looping ??= loop();
      return answer;
    },

    release(text) {
      if (!texts.delete(text)) return;
      reject(text, new UsageError("this sequence was released while it ran"));
      if (!running.includes(text)) pool.release(text.table);
    },

    async close(error) {
      closed ??= error;
      for (const text of texts) reject(text, closed);
      await looping;
    },
  };
}
