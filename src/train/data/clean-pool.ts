// Cleans batches on other threads, in the order in which they come; on this one if there are no others.
import { Worker } from "node:worker_threads";
import { InternalError } from "../../errors.ts";
import { type Batch, type CleanBatch, type CleanOptions, cleanBatch } from "./clean.ts";

export interface CleanPool {
  readonly workers: number;
  run(batch: Batch): Promise<CleanBatch>;
  close(): Promise<void>;
}

export function createCleanPool(workers: number, options: CleanOptions): CleanPool {
  const threads = Array.from({ length: workers }, () => startThread(options));
  return {
    workers,
    async run(batch) {
      if (threads.length === 0) return cleanBatch(batch, options);
      const idlest = threads.reduce((a, b) => (b.waiting.length < a.waiting.length ? b : a));
      return new Promise((resolve, reject) => {
        idlest.waiting.push({ resolve, reject });
        if (idlest.error) idlest.fail(idlest.error);
        else idlest.worker.postMessage(batch);
      });
    },
    close: async () => {
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}

interface Thread {
  readonly worker: Worker;
  /** Answers come in the order of the questions. */
  readonly waiting: { resolve(batch: CleanBatch): void; reject(error: Error): void }[];
  error: Error | undefined;
  fail(error: Error): void;
}

function startThread(options: CleanOptions): Thread {
  const worker = new Worker(new URL("./clean-worker.js", import.meta.url), { workerData: options });
  const thread: Thread = {
    worker,
    waiting: [],
    error: undefined,
    fail(error) {
      thread.error = error;
      for (const { reject } of thread.waiting.splice(0)) reject(error);
    },
  };
  worker.on("message", (batch: CleanBatch) => thread.waiting.shift()!.resolve(batch));
  worker.on("error", thread.fail);
  worker.on("exit", (code) => thread.fail(new InternalError(`a thread that cleans documents ended with code ${code}`)));
  return thread;
}

/** Answers to items in their order, at most `ahead` of them under way. */
export async function* inOrder<I, O>(items: AsyncIterable<I>, ahead: number, run: (item: I) => Promise<O>): AsyncGenerator<O> {
  const underWay: Promise<O>[] = [];
  for await (const item of items) {
    const answer = run(item);
    answer.catch(() => {}); // told when its turn comes
    underWay.push(answer);
    if (underWay.length > ahead) yield await underWay.shift()!;
  }
  for (const answer of underWay) yield await answer;
}
