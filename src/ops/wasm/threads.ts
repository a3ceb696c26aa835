// How many threads compute: as many as were asked for, or as this place gives.
import { UsageError } from "../../errors.ts";

/**
 * @param asked by default one for each core, and 1 where there cannot be more
 * @throws UsageError for what is no number of threads, and for several where there cannot be more than one
 */
export function threadCount(asked?: number): number {
  const obstacle = obstacleToThreads();
  if (asked === undefined) return obstacle ? 1 : cores();
  if (!(Number.isInteger(asked) && asked > 0)) throw new UsageError(`threads is ${asked}, expected a whole number above 0`);
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
  const os = process.getBuiltinModule("node:os"); // Node 20 has no `navigator`
  return os.availableParallelism();
}

export function isNode(): boolean {
  return typeof process === "object" && Boolean(process.versions?.node);
}
