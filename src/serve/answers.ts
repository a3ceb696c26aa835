// The answers that are being made: each waits for its turn, is counted while it runs, and leaves nothing behind however it ends.
import type { AnswerEvent, AnswerRequest } from "../chat/answer.ts";
import type { Metrics } from "./metrics.ts";
import type { ServedModel } from "./models/served-model.ts";

/** Who asks which model. */
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
  readonly state: "waiting" | "reading" | "answering";
  readonly promptTokens: number;
  readonly cachedTokens: number;
  /** Pieces of text so far: about as many as tokens. */
  readonly pieces: number;
}

type Entry = { -readonly [K in keyof RunningAnswer]: RunningAnswer[K] };

export interface Answers {
  /** In the order in which they came. */
  running(): readonly RunningAnswer[];
  answer(asking: Asking, request: AnswerRequest, signal: AbortSignal | undefined): AsyncGenerator<AnswerEvent, void>;
}

export function createAnswers(metrics: Metrics): Answers {
  const running = new Map<number, Entry>();
  let next = 0;
  return {
    running: () => [...running.values()],

    async *answer({ requestId, owner, name, model }, request, signal) {
      const number = next++;
      const counts = { promptTokens: 0, cachedTokens: 0, pieces: 0 };
      const entry: Entry = { number, requestId, owner, model: name, since: new Date(), state: "waiting", ...counts };
      running.set(number, entry);
      const began = performance.now();
      const seconds = (): number => (performance.now() - began) / 1000;
      try {
        metrics.waited(name, seconds());
        entry.state = "reading";
        for await (const event of model.answer(request, signal)) {
          if (event.type === "prompt") {
            Object.assign(entry, { state: "answering", promptTokens: event.promptTokens, cachedTokens: event.cachedTokens });
            metrics.promptRead(name, event);
          } else if (event.type === "end") {
            metrics.ended(name, event);
          } else if (entry.pieces++ === 0) {
            metrics.firstToken(name, seconds());
          }
          yield event;
        }
      } finally {
        running.delete(number);
      }
    },
  };
}
