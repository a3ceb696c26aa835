// What a page does to have an engine: starts its Worker, and reads the pieces of an answer as they come.
import type { Piece } from "../../src/index.ts";
import type { Reply, Request } from "./engine-worker.ts";

export interface RemoteEngine {
  /** One request at a time. The stream ends with it, and fails with it; it is empty but for answers. */
  ask(request: Request): ReadableStream<Piece>;
  /** Ends the answer that is on its way: its stream fails with an AbortError. */
  abort(): void;
  terminate(): void;
}

export function startEngine(): RemoteEngine {
  const worker = new Worker(new URL("./engine-worker.ts", import.meta.url), { type: "module" });
  return {
    ask: (request) =>
      new ReadableStream<Piece>({
        start(stream) {
          worker.onerror = ({ message }) => stream.error(new Error(message));
          worker.onmessage = ({ data }: MessageEvent<Reply>) => {
            if (data.kind === "piece") stream.enqueue(data.piece);
            else if (data.kind === "done") stream.close();
            else stream.error(Object.assign(new Error(data.message), { name: data.name }));
          };
          worker.postMessage(request);
        },
      }),
    abort: () => worker.postMessage({ kind: "abort" }),
    terminate: () => worker.terminate(),
  };
}
