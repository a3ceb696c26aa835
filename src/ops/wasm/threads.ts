// How many threads compute: as many as were asked for, or as this place gives.
import { UsageError } from "../../errors.ts";

/**
 * Most threads of one backend, above the cores of all but the largest machines. Each is a JavaScript engine of its own, which takes some 7 MB and 20 ms to
 * start: 2 GB and 6 s for all of them. A matrix of 2,048 rows has as many panels to share.
 */
export const MOST_THREADS = 256;

/**
 * @param asked by default one for each core, and 1 where there cannot be more
 * @throws UsageError for what is no number of threads or too many, and for several where there cannot be more than one
 */
export function threadCount(asked?: number): number {
  const obstacle = obstacleToThreads();
  if (asked === undefined) return obstacle ? 1 : Math.min(cores(), MOST_THREADS);
  if (!(Number.isInteger(asked) && asked > 0 && asked <= MOST_THREADS)) {
    throw new UsageError(
      `threads is ${asked}, expected a whole number from 1 to ${MOST_THREADS}: give the number of cores, or leave \`threads\` out`,
    );
  }
  if (asked > 1 && obstacle) throw new UsageError(`threads is ${asked}, and ${obstacle}, or leave \`threads\` out`);
  return asked;
}

/** What keeps this thread from having others beside it, and what to do about it. */
function obstacleToThreads(): string | undefined {
  if (isNode()) return undefined;
  if (typeof document !== "undefined") return "the main thread of a page may not wait for others: load the model in a Worker";
  if (typeof SharedArrayBuffer !== "function" || !globalThis.crossOriginIsolated) {
    return "this page has no memory that threads can share: send it with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp";
  }
  return undefined;
}

function cores(): number {
  if (!isNode()) return navigator.hardwareConcurrency;
  return process.getBuiltinModule("node:os").availableParallelism(); // Node 20 has no `navigator`
}

export function isNode(): boolean {
  return typeof process === "object" && Boolean(process.versions?.node);
}
