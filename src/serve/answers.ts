// The answers that are being made: each waits for its turn, is counted while it runs, and leaves nothing behind however it ends.
import type { AnswerEvent, AnswerRequest } from "../chat/answer.ts";
import { createFairQueue, type FairQueue } from "../generate/fair-queue.ts";
import type { Metrics } from "./metrics.ts";
import type { ServedModel } from "./models/served-model.ts";

export interface AnswerLimits {
  /** Answers that a model makes at a time. */
  readonly parallel: number;
  /** Requests that wait for a model at a time. */
  readonly queue: number;
  /** Answers that a model makes for one key at a time. */
  readonly keyParallel: number;
}

/** One request to one model: an object of its own, for all its answers. */
export interface Asking {
  readonly requestId: string;
  readonly owner: string;
  readonly name: string;
  readonly model: ServedModel;
}

/** An answer that is not over. */
export interface RunningAnswer {
  readonly number: number;
  readonly requestId: string;
  readonly owner: string;
  readonly model: string;
  readonly since: Date;
  readonly state: "waiting" | "reading" | "answering" | "sending";
  readonly promptTokens: number;
  readonly cachedTokens: number;
  /** Pieces of text so far: about as many as tokens. */
  readonly pieces: number;
}

type Entry = { -readonly [K in keyof RunningAnswer]: RunningAnswer[K] };

export interface Answers {
  /** In the order in which they came. */
  running(): readonly RunningAnswer[];
  /** @throws QueueFullError, before anything runs */
  answer(asking: Asking, request: AnswerRequest, signal: AbortSignal | undefined): AsyncGenerator<AnswerEvent, void>;
  /** Other work of a model, in the same queue. @throws QueueFullError */
  work<R>(asking: Asking, run: () => Promise<R>, signal: AbortSignal | undefined): Promise<R>;
}

export function createAnswers({ parallel, queue: waiting, keyParallel }: AnswerLimits, metrics: Metrics): Answers {
  const queues = new WeakMap<ServedModel, FairQueue>();
  const running = new Map<number, Entry>();
  let next = 0;

  const queueOf = (model: ServedModel): FairQueue => {
    const known = queues.get(model) ?? createFairQueue({ slots: parallel, waiting, mostPerOwner: () => keyParallel });
    queues.set(model, known);
    return known;
  };

  /**
   * By request: whether one of its answers was let in, known when the last that went to the queue is through. Of several one waits at a time, and once the
   * first is let in, no other is refused.
   */
  const admissions = new WeakMap<Asking, Promise<boolean>>();
  const enter = async (asking: Asking, signal: AbortSignal | undefined): Promise<() => void> => {
    const before = admissions.get(asking);
    const place = (async () => queueOf(asking.model).enter(asking.owner, { signal, begun: await before }))();
    const entered = place.then(
      () => true,
      async () => (await before) ?? false,
    );
    admissions.set(asking, entered);
    return place;
  };

  const begin = ({ requestId, owner, name }: Asking): Entry => {
    const counts = { promptTokens: 0, cachedTokens: 0, pieces: 0 };
    const entry: Entry = { number: next++, requestId, owner, model: name, since: new Date(), state: "waiting", ...counts };
    running.set(entry.number, entry);
    return entry;
  };

  return {
    running: () => [...running.values()],

    async *answer(asking, request, signal) {
      const { name, model } = asking;
      const entry = begin(asking);
      const began = performance.now();
      const seconds = (): number => (performance.now() - began) / 1000;
      let leave: (() => void) | undefined;
      try {
        leave = await enter(asking, signal);
        metrics.waited(name, seconds());
        entry.state = "reading";
        const over = (): void => {
          leave?.();
          entry.state = "sending";
        };
        for await (const event of model.answer(request, signal, over)) {
          if (event.type === "prompt") {
            if (entry.state === "reading") entry.state = "answering";
            Object.assign(entry, { promptTokens: event.promptTokens, cachedTokens: event.cachedTokens });
            metrics.promptRead(name, event);
          } else if (event.type === "end") {
            metrics.ended(name, event);
          } else if (entry.pieces++ === 0) {
            metrics.firstToken(name, seconds());
          }
          yield event;
        }
      } finally {
        leave?.();
        running.delete(entry.number);
      }
    },

    async work(asking, run, signal) {
      const entry = begin(asking);
      const began = performance.now();
      let leave: (() => void) | undefined;
      try {
        leave = await enter(asking, signal);
        metrics.waited(asking.name, (performance.now() - began) / 1000);
        entry.state = "reading";
        return await run();
      } finally {
        leave?.();
        running.delete(entry.number);
      }
    },
  };
}
