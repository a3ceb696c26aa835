// A model in a thread of its own, as the server's thread sees it.
import { Worker } from "node:worker_threads";
import type { AnswerEvent, Answering, AnswerRequest } from "../../chat/answer.ts";
import { InternalError } from "../../errors.ts";
import { revivedError } from "./plain-error.ts";
import type { CallName, Calls, FromModel, FromThread, ModelFacts, ModelTask, ToModel } from "./protocol.ts";

export interface ServedModel extends Answering {
  readonly facts: ModelFacts;
  /** @param onOver called once, when the model has no more to do for it: whoever reads slowly gets the rest later */
  answer(request: AnswerRequest, signal?: AbortSignal, onOver?: () => void): AsyncGenerator<AnswerEvent, void>;
  /** Asks for something that has one answer. */
  call<N extends CallName>(name: N, args: Parameters<Calls[N]>, signal?: AbortSignal): Promise<ReturnType<Calls[N]>>;
  /** Resolves when the thread has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Lets go of the model's memory. What it was asked meanwhile is an error. */
  close(): Promise<void>;
}

/** Where what the thread says about one request goes. */
interface Listener {
  hear(message: Extract<FromModel, { id: number }>): void;
  fail(error: Error): void;
}

/** @throws as load() */
export async function startModel(task: ModelTask, signal?: AbortSignal): Promise<ServedModel> {
  signal?.throwIfAborted();
  const worker = new Worker(new URL("./model-thread.js", import.meta.url), { workerData: task });
  const listeners = new Map<number, Listener>();
  let nextId = 0;
  let over: Error | undefined;
  const post = (message: ToModel): void => worker.postMessage(message);
  // Not events.once(): that rejects on an error.
  const exit = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  const ended = exit.then(() => end(new InternalError("the thread of the model has ended")));
  const end = (error: Error): void => {
    over ??= error;
    for (const { fail } of listeners.values()) fail(over);
    listeners.clear();
  };
  worker.on("error", end);

  const ready = new Promise<ModelFacts>((resolve, reject) => {
    const hear = (message: FromModel): unknown => {
      switch (message.type) {
        case "ready":
          return resolve(message.facts);
        case "failed":
          return reject(revivedError(message.error));
        default:
          return listeners.get(message.id)?.hear(message);
      }
    };
    worker.on("message", (messages: FromThread) => {
      for (const message of messages) hear(message);
    });
    worker.on("error", reject);
    void ended.then(() => reject(over));
    signal?.addEventListener("abort", () => {
      void worker.terminate();
      reject(signal.reason);
    });
  });

  /** Registers who hears about a new request. */
  const begin = (listener: Listener): number => {
    if (over) throw over;
    listeners.set(nextId, listener);
    return nextId++;
  };

  return {
    facts: await ready,
    ended,

    async *answer(request, signal, onOver = () => {}) {
      signal?.throwIfAborted();
      const heard: AnswerEvent[] = [];
      let finished = false;
      let failure: unknown;
      let wake: () => void = () => {};
      const finish = (): void => {
        if (!finished) onOver();
        finished = true;
      };
      const fail = (error: unknown): void => {
        failure ??= error;
        finish();
        wake();
      };
      const id = begin({
        hear(message) {
          if (message.type === "event") heard.push(message.event);
          else if (message.type === "error") return fail(revivedError(message.error));
          else finish();
          wake();
        },
        fail,
      });
      const onAbort = (): void => fail(signal?.reason);
      signal?.addEventListener("abort", onAbort);
      post({ id, type: "answer", request });
      try {
        for (;;) {
          if (failure !== undefined) throw failure;
          const event = heard.shift();
          if (event) yield event;
          else if (finished) return;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        signal?.removeEventListener("abort", onAbort);
        listeners.delete(id);
        if (!finished || signal?.aborted) post({ id, type: "abort" });
        finish();
      }
    },

    async call(name, args, signal) {
      signal?.throwIfAborted();
      return new Promise((resolve, reject) => {
        const id = begin({
          hear(message) {
            if (message.type === "result") settle(() => resolve(message.result as never));
            if (message.type === "error") settle(() => reject(revivedError(message.error)));
          },
          fail: reject,
        });
        const onAbort = (): void => {
          post({ id, type: "abort" });
          settle(() => reject(signal?.reason));
        };
        const settle = (how: () => void): void => {
          listeners.delete(id);
          signal?.removeEventListener("abort", onAbort);
          how();
        };
        signal?.addEventListener("abort", onAbort);
        post({ id, type: "call", name, args });
      });
    },

    async close() {
      post({ type: "close" });
      const patience = setTimeout(() => void worker.terminate(), 5000);
      await ended;
      clearTimeout(patience);
    },
  };
}
